import Foundation
import Runtime
import Testing

private typealias IntFunction = @convention(c) (Int32) -> Int32

extension NativeModule {
  /// The function `name` as a Swift function of type `T`.
  func function<T>(_ name: String, as _: T.Type = T.self) throws -> T {
    let address = try #require(self.address(of: name))
    return unsafeBitCast(address, to: T.self)
  }
}

@Suite struct NativeModuleTests {
  @Test func functionsTakeScalarsAndPointers() throws {
    let module = try NativeModule(
      source: """
        double mix(int a, long b, float c, double d) { return a + 2 * b + 4 * c + 8 * d; }
        void scale(float *x, int n, float s) { int i; for (i = 0; i < n; i++) x[i] *= s; }
        """, symbols: [:])
    let mix: @convention(c) (Int32, Int, Float, Double) -> Double = try module.function("mix")
    #expect(mix(1, -1, 0.5, 0.25) == 1 - 2 + 2 + 2)
    let scale: @convention(c) (UnsafeMutablePointer<Float>, Int32, Float) -> Void =
      try module.function("scale")
    var values: [Float] = [1, -2, 3]
    scale(&values, 3, 0.5)
    #expect(values == [0.5, -1, 1.5])
    #expect(module.codeSize > 0)
    #expect(module.address(of: "absent") == nil)
    #expect(module.address(of: "memcpy") == nil)
  }

  @Test func hexFloatConstantsAreExact() throws {
    let expected: [Float] = [0x1.99999ap-4, -0x1p-149, 0x1.fffffep127, .infinity]
    let module = try NativeModule(
      source: """
        static const float table[4] = {
          0x1.99999ap-4f, -0x1p-149f, 0x1.fffffep127f, (1.0f/0.0f)};
        const float *get(void) { return table; }
        """, symbols: [:])
    let get: @convention(c) () -> UnsafePointer<Float> = try module.function("get")
    #expect(Array(UnsafeBufferPointer(start: get(), count: 4)) == expected)
  }

  @Test func stringsStaticsAndZeroedMemoryWork() throws {
    let module = try NativeModule(
      source: """
        static const char *names[] = {"first", "second"};
        static int counter; double big[3000]; int global = 7;
        const char *name(int i) { return names[i]; }
        int count(int step) { counter += step; return counter + global; }
        double sum(void) { double s = 0; int i; for (i = 0; i < 3000; i++) s += big[i]; return s; }
        """, symbols: [:])
    let name: @convention(c) (Int32) -> UnsafePointer<CChar> = try module.function("name")
    #expect(String(cString: name(1)) == "second")
    let count: IntFunction = try module.function("count")
    #expect(count(5) == 12)
    #expect(count(5) == 17)
    let sum: @convention(c) () -> Double = try module.function("sum")
    #expect(sum() == 0)
    let global = try #require(module.address(of: "global"))
    #expect(global.load(as: Int32.self) == 7)
  }

  @Test func functionPointersReachStaticFunctions() throws {
    let module = try NativeModule(
      source: """
        static int twice(int x) { return 2 * x; }
        static int square(int x) { return x * x; }
        static int (*table[])(int) = {twice, square};
        int apply(int which, int x) { return table[which](x); }
        void *local(void) { return (void *)square; }
        """, symbols: [:])
    let apply: @convention(c) (Int32, Int32) -> Int32 = try module.function("apply")
    #expect(apply(0, 5) == 10)
    #expect(apply(1, 5) == 25)
    let local: @convention(c) () -> UnsafeRawPointer = try module.function("local")
    #expect(unsafeBitCast(local(), to: IntFunction.self)(7) == 49)
    #expect(module.address(of: "square") == nil)
  }

  @Test func codeCallsTheHost() throws {
    let callback: @convention(c) (Int32) -> Int32 = { $0 * 3 + 1 }
    let cell = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    defer { cell.deallocate() }
    cell.pointee = 100
    let module = try NativeModule(
      source: """
        extern int callback(int); extern int cell;
        int direct(int x) { return callback(x) + callback(x + 1) + cell; }
        int (*indirect(void))(int) { return callback; }
        """,
      symbols: [
        "callback": unsafeBitCast(callback, to: UnsafeRawPointer.self),
        "cell": UnsafeRawPointer(cell),
      ])
    let direct: IntFunction = try module.function("direct")
    #expect(direct(1) == 4 + 7 + 100)
    let indirect: @convention(c) () -> UnsafeRawPointer = try module.function("indirect")
    #expect(indirect() == unsafeBitCast(callback, to: UnsafeRawPointer.self))
  }

  @Test func whatTheCompilerCallsByItselfIsThere() throws {
    let module = try NativeModule(
      source: """
        struct block { int values[40]; };
        int copy(int x) {
          struct block a = {0}; struct block b; a.values[39] = x; b = a; return b.values[39] + b.values[3];
        }
        double round_trip(double x) { unsigned long u = (unsigned long)x; return u; }
        float round_trip_float(float x) { unsigned long u = (unsigned long)x; return u; }
        """, symbols: [:])
    let copy: IntFunction = try module.function("copy")
    #expect(copy(9) == 9)
    let roundTrip: @convention(c) (Double) -> Double = try module.function("round_trip")
    #expect(roundTrip(0x1.8p63) == 0x1.8p63)
    let roundTripFloat: @convention(c) (Float) -> Float = try module.function("round_trip_float")
    #expect(roundTripFloat(0x1.8p63) == 0x1.8p63)
  }

  @Test func emptySourceIsAModule() throws {
    let module = try NativeModule(source: "", symbols: [:])
    #expect(module.codeSize == 0)
    #expect(module.address(of: "anything") == nil)
  }

  @Test func objectKeepsTheStackNonExecutable() throws {
    let object = try NativeModule.object(source: "int one(void) { return 1; }")
    #expect(object.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]))
    #expect(Data(object).range(of: Data(".note.GNU-stack\0".utf8)) != nil)
  }
}
