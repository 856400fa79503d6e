Console.WriteLine("metering");
