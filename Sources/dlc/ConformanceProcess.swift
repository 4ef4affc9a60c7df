import Foundation
import ONNX

/// A process that judges cases for this one, started again after one that it did not survive.
final class ConformanceProcess {
  private let seconds: Int
  private var process: Process?
  private var input: FileHandle?
  private var output: FileHandle?
  private var rest: [UInt8] = []

  init(seconds: Int) { self.seconds = seconds }

  deinit { end() }

  func judge(_ testCase: ConformanceCase) -> ConformanceVerdict {
    do {
      if process == nil { try start() }
      try input?.write(contentsOf: Data((testCase.folder + "\n").utf8))
    } catch {
      end()
      return .fail("no process could be started for it: \(error)")
    }
    guard let line = readLine() else {
      let isRunning = process?.isRunning ?? false
      end()
      return .fail(isRunning ? "took more than \(seconds) s" : "crashed")
    }
    return ConformanceVerdict(line: line, label: testCase.label) ?? .fail("said '\(line)'")
  }

  private func start() throws {
    let process = Process()
    let (toProcess, fromProcess) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = ["conformance", "--worker"]
    process.standardInput = toProcess
    process.standardOutput = fromProcess
    try process.run()
    self.process = process
    input = toProcess.fileHandleForWriting
    output = fromProcess.fileHandleForReading
    rest = []
  }

  private func end() {
    if let process, process.isRunning { process.terminate() }
    process = nil
    input = nil
    output = nil
  }

  /// The next line of output; nil when the process ended or the time is over.
  private func readLine() -> String? {
    guard let descriptor = output?.fileDescriptor else { return nil }
    let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
    var chunk = [UInt8](repeating: 0, count: 1 << 12)
    while true {
      if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        defer { rest.removeSubrange(...end) }
        return String(decoding: rest[..<end], as: UTF8.self)
      }
      let left = ContinuousClock.now.duration(to: deadline).components.seconds
      guard left >= 0 else { return nil }
      var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&wanted, 1, Int32(left + 1) * 1000)
      if ready < 0 && errno == EINTR { continue }
      guard ready > 0 else { return nil }
      let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        process?.waitUntilExit()
        return nil
      }
      rest += chunk[..<count]
    }
  }
}
