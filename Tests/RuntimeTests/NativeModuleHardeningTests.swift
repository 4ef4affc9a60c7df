import Foundation
import Runtime
import Testing

/// What a hardened host forbids (MemoryDenyWriteExecute of systemd, PR_SET_MDWE, SELinux): memory
/// that becomes executable after it was writable.
@Suite struct NativeModuleHardeningTests {
  private static let refuseExecutionGain: Int32 = 65  // PR_SET_MDWE
  private typealias Control = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32

  @Test func worksWhereMemoryMustNotBecomeExecutable() async throws {
    await #expect(processExitsWith: .success) {
      let address = try #require(dlsym(nil, "prctl"))
      let control = unsafeBitCast(address, to: Control.self)
      guard control(Self.refuseExecutionGain, 1, 0, 0, 0) == 0 else {
        print("skipped: this kernel has no PR_SET_MDWE (Linux 6.3)")
        return
      }
      let flags = MAP_PRIVATE | MAP_ANONYMOUS
      let page = try #require(mmap(nil, 4096, PROT_READ | PROT_WRITE, flags, -1, 0))
      try #require(mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0)
      let module = try NativeModule(
        source: "static int state; int f(int x) { state += x; return state; }", symbols: [:])
      let f: @convention(c) (Int32) -> Int32 = try module.function("f")
      try #require(f(20) == 20)
      try #require(f(22) == 42)
    }
  }
}
