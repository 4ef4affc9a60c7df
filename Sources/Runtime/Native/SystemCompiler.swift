import FoundationEssentials
import Glibc

/// A C compiler of the system as a function from C source to a relocatable object.
///
/// The object is loaded the way libtcc's is. Rejected: a shared library and `dlopen`, which resolve
/// names from the whole process, so that the same source would find other functions than under
/// libtcc, and which need the external addresses passed in by generated code.
struct SystemCompiler {
  /// Path of the compiler, or a name to find in PATH.
  let path: String

  /// Options under which the source means the same as under libtcc, and gives the same bits.
  ///
  /// The code runs on the machine that compiles it, so it may use all of its instructions, but no
  /// fused multiply-add that the source does not ask for. Without `-fno-builtin` a compiler would
  /// replace functions of the caller's that happen to be called like one of the C library.
  private static let meaning = [
    "-O3", "-march=native", "-ffp-contract=off", "-fno-builtin", "-fno-strict-aliasing", "-fwrapv",
    "-Werror=implicit-function-declaration", "-Werror=implicit-int", "-Werror=int-conversion",
    "-Werror=incompatible-pointer-types",
  ]

  /// Options under which the object holds nothing that the loader or the messages' reader lacks.
  private static let form = [
    "-c", "-x", "c", "-fPIC", "-fno-common", "-fno-stack-protector", "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables", "-nostdinc", "-pipe", "-fno-show-column",
    "-fdiagnostics-color=never",
  ]

  /// The ELF64 object of `source`; throws with the compiler's errors, or when it cannot be run.
  func object(source: String) throws(CompileError) -> [UInt8] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "dlc-\(UUID())")
    let files = Files(folder: folder)
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CompileError("no temporary folder for the C compiler at \(folder.path): \(error)")
    }
    defer { try? FileManager.default.removeItem(at: folder) }
    let text = "#line 1 \"\(TinyC.sourceName)\"\n" + source
    do {
      try Data(text.utf8).write(to: files.source)
    } catch {
      throw CompileError("writing the source for the C compiler failed: \(error)")
    }
    let succeeded = try run(files)
    guard succeeded, let object = try? Data(contentsOf: files.object) else {
      let messages = (try? Data(contentsOf: files.messages)) ?? Data()
      throw failure(messages: String(decoding: messages, as: UTF8.self))
    }
    return [UInt8](object)
  }

  private struct Files {
    let folder: URL
    var source: URL { folder.appending(path: "model.c") }
    var object: URL { folder.appending(path: "model.o") }
    var messages: URL { folder.appending(path: "messages") }
  }

  /// Runs the compiler and waits for it; true when it ended with status 0.
  private func run(_ files: Files) throws(CompileError) -> Bool {
    let arguments =
      [path] + Self.meaning + Self.form + ["-o", files.object.path, files.source.path]
    // Errors are recognized by their English text.
    let environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C"]) { $1 }
    let process = spawn(
      arguments: arguments, environment: environment.map { "\($0)=\($1)" },
      output: files.messages.path)
    guard process.error == 0 else {
      let reason = String(cString: strerror(process.error))
      throw CompileError("cannot run the C compiler '\(path)': \(reason)")
    }
    var status: Int32 = 0
    while waitpid(process.id, &status, 0) < 0 {
      guard errno == EINTR else { throw CompileError.system("waiting for the C compiler") }
    }
    return status == 0
  }

  /// Starts a program with no input and with all output into a file; `error` is an errno or 0.
  private func spawn(
    arguments: [String], environment: [String], output: String
  ) -> (id: pid_t, error: Int32) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var argumentPointers = arguments.map { strdup($0) } + [nil]
    var environmentPointers = environment.map { strdup($0) } + [nil]
    defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
    var id: pid_t = 0
    let error = posix_spawnp(&id, path, &actions, nil, &argumentPointers, &environmentPointers)
    return (id, error)
  }

  private func failure(messages: String) -> CompileError {
    let lines = messages.split(whereSeparator: \.isNewline).map(String.init)
    let errors = lines.filter { $0.contains("error: ") }
    if errors.isEmpty, lines.isEmpty {
      return CompileError("the C compiler '\(path)' failed without a message")
    }
    return CompileError(
      compilerMessages: errors.isEmpty ? lines : errors, defaultFile: TinyC.sourceName)
  }
}
