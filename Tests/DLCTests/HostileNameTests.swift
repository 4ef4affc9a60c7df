import Foundation
import GraphIR
import Testing

/// Names of a model that try to be C reach no C.
@Suite struct HostileNameTests {
  static let names = [
    "\"); system(\"x\"); (\"", "*/ int broken; /*", "a\nint broken;\n", "\r\u{0}\u{1b}[31m", "??/",
    "??)??(", "back\\", "int", "#define int", "../../etc/passwd", "名前", "", "9", "_", "%s%n",
    String(repeating: "long*/", count: 1700),
  ]

  /// Every input, variable, output, label and the graph itself has a hostile name.
  private func graph(_ name: String) throws -> Graph {
    let builder = GraphBuilder(name)
    let x = builder.input("x\(name)", .f32, [3])
    let same = builder.input(name, .f32, [3])
    let w = builder.variable(
      name, .f32, [3], role: .parameter, initializer: .normal(standardDeviation: 1))
    let other = builder.variable(
      "\(name)+", .f32, [3], role: .state, initializer: .constant(1))
    let sum = x * w + same * other
    builder.output(name, sum)
    builder.output("\(name)!", (sum * sum).sum())
    builder.update(w, to: w + sum * 0.5)
    return try builder.build()
  }

  @Test(arguments: names.indices) func reachNoC(_ index: Int) throws {
    let name = Self.names[index]
    try TemporaryFolder.with { folder in
      let text = try graph(name).text
      try Data(text.utf8).write(to: folder.appending(path: "model.graph"))
      let source = try CommandLineRun.output("compile", "model.graph", "--standalone", in: folder)
      #expect(source.utf8.allSatisfy { $0 == 10 || (32..<127).contains($0) })
      #expect(source.utf8.count < 200_000)
      try Data(source.utf8).write(to: folder.appending(path: "model.c"))
      for compiler in CCompiler.found {
        #expect(
          try compiler.compile(["-DDLC_MAIN", "model.c", "-o", "model", "-lm"], in: folder) == "")
        #expect(try CCompiler.run(["model"], in: folder).status == 0)
      }
      let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      #expect(Set(files).isSubset(of: ["model.graph", "model.c", "model"]))
    }
  }
}
