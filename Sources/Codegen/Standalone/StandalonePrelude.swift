/// What a standalone file says about compilers, and the few functions that headers would declare.
enum StandalonePrelude {
  /// Names that a file may use, with the C that defines them, in the order of printing.
  static let helpers: [(name: String, text: String)] = [
    (
      "DLC_LOOP",
      """
      /* Before loops whose iterations do not depend on each other. */
      #if defined(__clang__)
      #define DLC_LOOP _Pragma("clang loop vectorize(assume_safety)")
      #pragma clang diagnostic ignored "-Wpass-failed"
      #elif defined(__GNUC__)
      #define DLC_LOOP _Pragma("GCC ivdep")
      #else
      #define DLC_LOOP
      #endif
      """
    ),
    (
      "DLC_SQRT_f32",
      """
      #if defined(__clang__) && defined(__has_builtin)
      #if __has_builtin(__builtin_elementwise_sqrt)
      #define DLC_SQRT_f32(x) __builtin_elementwise_sqrt(x)
      #endif
      #endif
      #ifndef DLC_SQRT_f32
      #define DLC_SQRT_f32(x) sqrtf(x)
      #endif
      """
    ),
    (
      "DLC_SQRT_f64",
      """
      #if defined(__clang__) && defined(__has_builtin)
      #if __has_builtin(__builtin_elementwise_sqrt)
      #define DLC_SQRT_f64(x) __builtin_elementwise_sqrt(x)
      #endif
      #endif
      #ifndef DLC_SQRT_f64
      #define DLC_SQRT_f64(x) sqrt(x)
      #endif
      """
    ),
    ("dlc_bits32", bits(32, "unsigned")),
    ("dlc_bits64", bits(64, "unsigned long long")),
    (
      "dlc_copy_bytes",
      bytes(
        "dlc_copy_bytes(void *to, const void *from, long count)",
        "__builtin_memcpy(to, from, (unsigned long)count)",
        """
          char *d = (char *)to;
          const char *s = (const char *)from;
          for (long i = 0; i < count; i++) d[i] = s[i];
        """)
    ),
    (
      "dlc_move_bytes",
      bytes(
        "dlc_move_bytes(void *to, const void *from, long count)",
        "__builtin_memmove(to, from, (unsigned long)count)",
        """
          char *d = (char *)to;
          const char *s = (const char *)from;
          for (long i = 0; d < s && i < count; i++) d[i] = s[i];
          for (long i = count; d > s && i > 0; i--) d[i - 1] = s[i - 1];
        """)
    ),
    (
      "dlc_set_bytes",
      bytes(
        "dlc_set_bytes(void *to, int value, long count)",
        "__builtin_memset(to, value, (unsigned long)count)",
        """
          char *d = (char *)to;
          for (long i = 0; i < count; i++) d[i] = (char)value;
        """)
    ),
    (
      "dlc_share",
      """
      /* The part begin ..< end of 0 ..< items that is `thread`'s. */
      static void dlc_share(long items, int thread, int threads, long *begin, long *end) {
        const long each = items / threads, rest = items % threads;
        *begin = thread * each + (thread < rest ? thread : rest);
        *end = *begin + each + (thread < rest);
      }
      """
    ),
  ]

  /// What every file has: memory, the compiler's options, numbers below the smallest normal one.
  static let always = """
    typedef char dlc_needs_int_of_32_bits[sizeof(int) == 4 && sizeof(long long) == 8 ? 1 : -1];

    #if defined(__GNUC__) && !defined(__clang__)
    #pragma GCC optimize("no-math-errno", "no-trapping-math")
    /* Inlined, kernels have paths for sizes that do not occur. */
    #pragma GCC diagnostic ignored "-Waggressive-loop-optimizations"
    #endif

    #if defined(__GNUC__) || defined(__TINYC__)
    #define DLC_ALIGNED __attribute__((aligned(64)))
    #else
    #define DLC_ALIGNED
    #endif

    /* Memory is used again under other types: no access may move from one kernel to another. */
    #if defined(__GNUC__)
    #define DLC_FENCE() __asm__ volatile("" : : : "memory")
    #else
    #define DLC_FENCE() ((void)0)
    #endif

    /* Numbers below the smallest normal one count as zero, where the processor can be told so:
       they would slow a step down, and mean nothing. */
    #if defined(__GNUC__) && defined(__SSE__)
    static unsigned dlc_flush_denormals(void) {
      const unsigned mode = __builtin_ia32_stmxcsr();
      __builtin_ia32_ldmxcsr(mode | 0x8040u);
      return mode;
    }
    #define dlc_restore_denormals(mode) __builtin_ia32_ldmxcsr((unsigned)(mode))
    #elif defined(__GNUC__) && defined(__aarch64__)
    static unsigned long dlc_flush_denormals(void) {
      unsigned long mode;
      __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
      __asm__ volatile("msr fpcr, %0" : : "r"(mode | 1ul << 24));
      return mode;
    }
    #define dlc_restore_denormals(mode) __asm__ volatile("msr fpcr, %0" : : "r"(mode))
    #else
    #define dlc_flush_denormals() 0ul
    #define dlc_restore_denormals(mode) ((void)(mode))
    #endif

    typedef struct {
      char *state; /* the variables */
      char *arena; /* intermediate values and outputs */
      const void *const *inputs;
      char *scratch; /* tiles */
      long scratch_stride;
    } dlc_run;
    """

  /// The prototype of each function of libm that kernels call.
  static let functions: [(name: String, text: String)] = {
    func one(_ name: String) -> (String, String) { (name, "extern double \(name)(double);") }
    func oneFloat(_ name: String) -> (String, String) { (name, "extern float \(name)(float);") }
    func two(_ name: String) -> (String, String) {
      (name, "extern double \(name)(double, double);")
    }
    func twoFloats(_ name: String) -> (String, String) {
      (name, "extern float \(name)(float, float);")
    }
    return ["atan", "ceil", "cos", "erf", "erfc", "expm1", "fabs", "floor", "log", "log1p"].map(one)
      + ["rint", "sin", "sqrt", "tanh", "trunc"].map(one)
      + ["ceilf", "fabsf", "floorf", "rintf", "sqrtf", "truncf"].map(oneFloat)
      + ["copysign", "fmax", "fmod", "pow"].map(two) + ["copysignf", "fmodf"].map(twoFloats)
  }()

  private static func bits(_ count: Int, _ type: String) -> String {
    """
    /* \(count) bits of any type. */
    #if defined(__GNUC__)
    typedef \(type) dlc_bits\(count) __attribute__((may_alias));
    #else
    typedef \(type) dlc_bits\(count);
    #endif
    """
  }

  private static func bytes(_ function: String, _ builtin: String, _ body: String) -> String {
    let name = function.prefix { $0 != "(" }
    let parameters = function.dropFirst(name.count + 1).dropLast().split(separator: ",")
      .map { $0.split { !$0.isLetter }.last.map(String.init) ?? "" }
    return """
      #if defined(__GNUC__)
      #define \(name)(\(parameters.joined(separator: ", "))) \(builtin)
      #else
      static void \(function) {
      \(body)
      }
      #endif
      """
  }
}
