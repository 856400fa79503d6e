using Metering.TestSupport.Report;

return Summary.Print(args, Console.Out);
