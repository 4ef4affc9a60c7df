import Runtime
import Testing

@Suite struct NativeParallelTests {
  @Test func threadsRunAParallelRegionTogether() throws {
    let module = try NativeModule(
      source: """
        void GOMP_parallel(void (*fn)(void *), void *data, unsigned threads, unsigned flags);
        void GOMP_barrier(void); int omp_get_thread_num(void); int omp_get_num_threads(void);
        static void body(void *data) {
          int *x = data; int t = omp_get_thread_num(); int n = omp_get_num_threads();
          x[t] = t + 1;
          GOMP_barrier();
          x[4 + t] = x[(t + 1) % n] * 10;
        }
        void run(int *x, int threads) { GOMP_parallel(body, x, threads, 0); }
        """, symbols: HostSymbols.parallel)
    let run: @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Void =
      try module.function("run")
    var values = [Int32](repeating: 0, count: 8)
    run(&values, 3)
    #expect(values == [1, 2, 3, 0, 20, 30, 10, 0])
  }
}
