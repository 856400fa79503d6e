using System.Text.RegularExpressions;

namespace Metering.Api.Tests.Deployment;

/// <summary>The Dockerfiles name files, projects and versions that are there.</summary>
public sealed partial class ImageTests
{
    [Theory]
    [InlineData("Metering.Server")]
    [InlineData("Metering.Silo")]
    public void Image_is_made_of_this_checkout_for_its_framework_and_runs_as_nobody_special(string project)
    {
        string text = Files.Read($"src/{project}/Dockerfile");
        string framework = Framework().Match(Files.Read("Directory.Build.props")).Groups[1].Value;
        Assert.Equal([$"sdk:{framework}", $"aspnet:{framework}"], Base().Matches(text).Select(found => found.Groups[1].Value));
        foreach (string source in Copied().Matches(text).SelectMany(found => found.Groups[1].Value.Split(' ')))
            Assert.True(Files.Exist(source), source);
        Assert.True(Files.Exist($"src/{project}/{project}.csproj"));
        Assert.Contains($"dotnet publish src/{project} -c Release -o /app", text, StringComparison.Ordinal);
        string final = text[text.LastIndexOf("FROM", StringComparison.Ordinal)..];
        Assert.Contains("\nUSER $APP_UID\n", final, StringComparison.Ordinal);
        Assert.Matches($"HEALTHCHECK .* CMD \\[\"dotnet\", \"{project}.dll\", \"health\"\\]", final);
        Assert.Contains($"ENTRYPOINT [\"dotnet\", \"{project}.dll\"]", final, StringComparison.Ordinal);
        Assert.Contains("HealthCommand.Create(", Files.Read($"src/{project}/Program.cs"), StringComparison.Ordinal);
        foreach (Match variable in Variable().Matches(final))
            Assert.Contains(variable.Groups[1].Value.ToLowerInvariant(), Deployed.Settings);
    }

    [Theory]
    [InlineData("silo-config/server.json")]
    [InlineData("silo-config/silo.json")]
    [InlineData("silo-config/frontend.json")]
    public void Settings_files_name_settings_that_exist(string file) =>
        Assert.Empty(Deployed.ReadSettings(file).Keys.Except(Deployed.Settings));

    [Fact]
    public void Settings_reference_for_operators_names_every_setting_of_a_silo()
    {
        string operators = Files.Read("src/Metering.Silo/README.md");
        foreach (string name in Deployed.ReadSettings("silo-config/silo.json").Keys)
            Assert.Contains($"`{name}`", operators, StringComparison.Ordinal);
    }

    [GeneratedRegex("<TargetFramework>net([0-9.]+)<")]
    private static partial Regex Framework();

    [GeneratedRegex(@"(?m)^FROM mcr\.microsoft\.com/dotnet/(\S+)")]
    private static partial Regex Base();

    [GeneratedRegex(@"(?m)^COPY (?!--)(.+) \S+$")]
    private static partial Regex Copied();

    [GeneratedRegex("METERING_([A-Z_]+)=")]
    private static partial Regex Variable();
}
