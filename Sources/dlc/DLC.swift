import ArgumentParser
import Foundation

/// The command line: one subcommand a file.
///
/// Exit status: 0 done, 1 with one line on standard error for what went wrong, 2 for wrong
/// arguments, 130 when interrupted.
@main
struct DLC: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dlc",
    abstract: "A deep-learning compiler: models become one C training step, compiled in process.",
    version: "0.1.0",
    subcommands: [
      TrainCommand.self, RunCommand.self, CompileCommand.self, DumpCommand.self,
      GradCommand.self, BenchCommand.self, ProfileCommand.self, OpsCommand.self,
      ConformanceCommand.self, StudyCommand.self,
    ])

  static func main() {
    var command: any ParsableCommand
    do {
      command = try parseAsRoot()
    } catch {
      leave(parsing: error)
    }
    do {
      try command.run()
    } catch {
      leave(running: error)
    }
  }

  /// Help and version go to standard output; anything else about the arguments is status 2.
  private static func leave(parsing error: any Error) -> Never {
    guard exitCode(for: error) == .success else {
      StandardError.write(fullMessage(for: error) + "\n")
      Foundation.exit(2)
    }
    do {
      try StandardOutput.write(fullMessage(for: error) + "\n")
    } catch {
      leave(running: error)
    }
    Foundation.exit(0)
  }

  private static func leave(running error: any Error) -> Never {
    // Asking for help arrives here as an error of the library's own.
    if error is CleanExit || error is ValidationError || exitCode(for: error) == .success {
      leave(parsing: error)
    }
    if let code = error as? ExitCode { Foundation.exit(code.rawValue) }
    StandardError.write("dlc: \(Failure.line(error))\n")
    Foundation.exit(error is Interrupted ? 130 : 1)
  }
}
