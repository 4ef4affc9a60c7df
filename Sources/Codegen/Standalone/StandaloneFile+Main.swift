import GraphIR

// The self-check.

extension StandaloneFile {
  /// A program that runs what the check ran, prints the figures, and ends with 1 where one differs.
  func main(_ check: StandaloneCheck) -> String {
    let figures = check.figures.map { "  \(CSyntax.literal($0))" }.joined(separator: ",\n")
    let output = outputs[check.output]
    let type = CSyntax.type(output.type.dtype)
    let memory = inputs.enumerated().map { index, input in
      "static \(CSyntax.type(input.type.dtype)) dlc_input\(index)"
        + "[\(max(1, input.type.shape.count))];"
    }
    let fill = inputs.enumerated().map { index, input in
      let value =
        switch input.type.dtype {
        case .f32: "(float)dlc_draw() * 0x1p-24f"
        case .f64: "dlc_draw() * 0x1p-24"
        default: "(\(CSyntax.type(input.type.dtype)))(dlc_draw() >> 23)"
        }
      return "    for (long i = 0; i < \(input.type.shape.count); i++) "
        + "dlc_input\(index)[i] = \(value);"
    }
    let pointers = inputs.indices.map { "dlc_input\($0)" } + (inputs.isEmpty ? ["0"] : [])
    return """
      #ifdef DLC_MAIN
      #include <stdio.h>

      \((memory + [
        "static const double dlc_expected[\(check.figures.count)] = {\n\(figures)\n};"
      ]).joined(separator: "\n"))

      \(inputs.isEmpty ? "" : StandaloneFile.draw)
      int main(void) {
        const void *const inputs[] = {\(pointers.joined(separator: ", "))};
        int wrong = 0;
        \(name)_init(\(StandaloneCheck.seed));
        for (int run = 0; run < \(check.figures.count); run++) {
      \(fill.joined(separator: "\n"))
          \(name)_step(inputs);
          const \(type) *y = (const \(type) *)\(name)_output(\(output.identifier));
          double figure = 0;
          for (long i = 0; i < \(output.type.shape.count); i++) {
            const double x = (double)y[i];
            figure += x < 0 ? -x : x;
          }
          figure /= \(max(1, output.type.shape.count));
          const double error = figure - dlc_expected[run], limit = 1e-5 * dlc_expected[run];
          const int is_right = error <= limit && error >= -limit;
          printf("%d %.9g %.9g%s\\n", run + 1, figure, dlc_expected[run], is_right ? "" : " WRONG");
          wrong += !is_right;
        }
        return wrong != 0;
      }
      #endif
      """
  }

  private static let draw = """
    static unsigned dlc_draw(void) {
      static unsigned state = 1;
      state = state * 1664525u + 1013904223u;
      return state >> 8;
    }
    """
}
