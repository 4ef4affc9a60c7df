import Foundation
import GraphIR
import Runtime
import Testing

/// C files that need no runtime: they compile, run, and give what the in-process step gives.
@Suite struct StandaloneTests {
  static let models: [[String]] = [
    ["autoencoder", "--training", "--batch", "8", "--inputs", "60", "--latent", "5"],
    ["cnn", "--training", "--batch", "3"],
    ["vae", "--training", "--batch", "5"],
    [
      "transformer", "--training", "--batch", "2", "--tokens", "9", "--layers", "1", "--vocab",
      "40",
    ],
    ["classifier", "--batch", "7"],
  ]

  /// Writes the model's file as model.c.
  private func generate(_ model: [String], in folder: URL) throws {
    let run = try CommandLineRun(
      ["compile"] + model + ["--standalone", "-o", "model.c"], in: folder)
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.output == "")
  }

  private func check(_ compiler: CCompiler, _ options: [String], in folder: URL) throws -> [String]
  {
    let messages = try compiler.compile(
      options + ["-DDLC_MAIN", "model.c", "-o", "model", "-lm"], in: folder)
    #expect(messages == "")
    let run = try CCompiler.run(["model"], in: folder)
    #expect(run.status == 0, "\(run.output)")
    return run.output.split(separator: "\n").map(String.init)
  }

  @Test(arguments: models) func compilesAndAgrees(_ model: [String]) throws {
    try TemporaryFolder.with { folder in
      try generate(model, in: folder)
      for compiler in CCompiler.found {
        #expect(try check(compiler, [], in: folder).count == 20, "\(compiler.path)")
      }
    }
  }

  @Test(.enabled(if: CCompiler.gcc != nil), arguments: models[..<2])
  func sanitizersAreSilent(_ model: [String]) throws {
    try TemporaryFolder.with { folder in
      try generate(model, in: folder)
      let options = ["-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
      #expect(try check(try #require(CCompiler.gcc), options, in: folder).count == 20)
    }
  }

  /// The losses of training fall, and the check finds a wrong one.
  @Test(.enabled(if: CCompiler.gcc != nil)) func theCheckCanFail() throws {
    try TemporaryFolder.with { folder in
      try generate(["regression", "--training"], in: folder)
      let gcc = try #require(CCompiler.gcc)
      let lines = try check(gcc, [], in: folder)
      let losses = lines.compactMap { Double($0.split(separator: " ")[1]) }
      #expect(losses.count == 20 && losses[19] < losses[0])
      let file = folder.appending(path: "model.c")
      var text = try String(contentsOf: file, encoding: .utf8)
      text.replace("double x = (double)y[i];", with: "double x = 1.0001 * (double)y[i];")
      try Data(text.utf8).write(to: file)
      #expect(try gcc.compile(["-DDLC_MAIN", "model.c", "-o", "model", "-lm"], in: folder) == "")
      let run = try CCompiler.run(["model"], in: folder)
      #expect(run.status == 1)
      #expect(run.output.contains("WRONG"))
    }
  }

  @Test func includesAndAllocatesNothing() throws {
    let text = try CommandLineRun.output("compile", "regression", "--training", "--standalone")
    let includes = text.split(separator: "\n").filter { $0.hasPrefix("#include") }
    #expect(includes == ["#include <stdio.h>"])
    for word in ["malloc", "free(", "pthread", "omp_", "_Alignas", "intrin"] {
      #expect(!text.contains(word), "\(word)")
    }
    for function in ["init(long long", "step(const", "output(int", "variable(int", "describe(int"] {
      #expect(text.contains("regression_\(function)"), "\(function)")
    }
  }

  /// A library of trained weights runs in this process, with a stack that cannot be executed.
  @Test(arguments: ["tcc"] + CCompiler.found.filter { $0.path == "gcc" }.map { _ in "cc" })
  func libraryHasTheWeights(_ compiler: String) throws {
    try TemporaryFolder.with { folder in
      let builder = GraphBuilder("net")
      let x = builder.input("x", .f32, [2])
      let w = builder.variable("w", .f32, [2], initializer: .zeros)
      builder.output("y", x * w)
      let graph = try builder.build()
      try Data(graph.text.utf8).write(to: folder.appending(path: "net.graph"))
      let weights = folder.appending(path: "w.npz").path
      try NPZ.write(["w": Tensor([Float(3), -4], shape: [2])], to: weights)
      _ = try CommandLineRun.output(
        "compile", "net.graph", "--weights", "w.npz", "-o", "net.so", "--compiler", compiler,
        in: folder)
      let path = folder.appending(path: "net.so").path
      let library = try #require(dlopen(path, RTLD_NOW | RTLD_LOCAL))
      defer { dlclose(library) }
      typealias Initialize = @convention(c) (Int64) -> Void
      typealias Step = @convention(c) (UnsafePointer<UnsafeRawPointer?>) -> Void
      typealias Output = @convention(c) (Int32) -> UnsafePointer<Float>?
      let initialize = unsafeBitCast(try #require(dlsym(library, "net_init")), to: Initialize.self)
      let step = unsafeBitCast(try #require(dlsym(library, "net_step")), to: Step.self)
      let output = unsafeBitCast(try #require(dlsym(library, "net_output")), to: Output.self)
      initialize(1)
      [Float(2), 0.5].withUnsafeBytes { x in step([x.baseAddress]) }
      let y = try #require(output(0))
      #expect([y[0], y[1]] == [6, -2])
      #expect(
        !(try String(contentsOfFile: "/proc/self/maps", encoding: .utf8))
          .split(separator: "\n").contains { $0.hasSuffix("[stack]") && $0.contains("rwx") })
    }
  }
}
