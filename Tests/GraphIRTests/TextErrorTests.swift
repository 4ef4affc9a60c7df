import GraphIR
import Testing

/// What is wrong with a text is said with its place.
@Suite struct TextErrorTests {
  /// Each line stands alone between `%0 = input x` and the closing brace.
  static let lines: [(String, String)] = [
    ("%1 = rleu %0", "3:8: unknown op 'rleu', did you mean 'relu'?"),
    ("%1 = frobnicate %0", "3:8: unknown op 'frobnicate'"),
    ("%1 = relu %7", "3:13: %7 is not defined before"),
    (
      "%hidden = relu %0\n  %1 = relu %hiden",
      "4:13: %hiden is not defined before, did you mean '%hidden'?"
    ),
    ("%0 = relu %0", "3:3: %0 is defined twice"),
    (
      "%1 = relu %0 : f32[3]",
      "3:16: relu: the stated type is f32[3], but its operands give f32[2, 3]"
    ),
    ("%1 = relu %0, %0", "3:8: relu: takes 1 operands, not 2; operands: f32[2, 3], f32[2, 3]"),
    ("%1 = relu %0,", "4:1: expected a value after ',', not '}'"),
    ("%1 = relu(slope=1.0) %0", "3:8: relu: unknown attribute 'slope'"),
    ("%1 = leaky_relu %0", "3:8: leaky_relu: attribute 'slope' is missing"),
    ("%1 = leaky_relu(slope=\"a\") %0", "3:8: leaky_relu: attribute 'slope' must be a number"),
    (
      "%1 = leaky_relu(slope=1.0, slope=2.0) %0",
      "3:8: leaky_relu: attribute 'slope' is given twice"
    ),
    ("%1 = leaky_relu(slope=1e999) %0", "3:25: '1e999' is not a number in range"),
    ("%1 = leaky_relu(slope=1x) %0", "3:25: '1x' is not a number in range"),
    ("%1 = leaky_relu(slope=-) %0", "3:25: '-' is not a number in range"),
    ("%1 = leaky_relu(slope=abc) %0", "3:25: expected a value, not 'abc'"),
    (
      "%1 = leaky_relu(slope=99999999999999999999) %0",
      "3:25: integer 99999999999999999999 is outside 64 bits"
    ),
    ("%1 = leaky_relu(slope 1.0) %0", "3:25: expected '=', not '1.0'"),
    ("%1 = leaky_relu(slope=1.0 %0", "3:29: expected ',', not %0"),
    (
      "%1 = relu %0 : f99[2, 3]",
      "3:18: expected an element type (f32, f64, i32, i64, bool, u8), not 'f99'"
    ),
    ("%1 = relu %0 #label", "3:17: expected a label in quotes, not 'label'"),
    ("%1 = relu %0 @\"file\"", "4:1: expected ':', not '}'"),
    ("%1 = relu %0 #\"open", "3:17: the string has no end on its line"),
    (
      "%1 = relu %0 #\"\\q\"",
      "3:18: unknown escape; there are \\n \\t \\r \\\" \\\\ and \\u{hexadecimal}"
    ),
    ("%1 = relu %0 ; %2", "3:16: unexpected character ';'"),
    ("%1 = relu %0 #\"é\" é", "3:21: unexpected character 'é'"),
    ("% = relu %0", "3:3: a value's name must follow '%'"),
    ("relu %0", "3:3: expected a node, 'output', 'update' or '}', not 'relu'"),
    ("output loss %0", "3:10: expected the output's name in quotes, not 'loss'"),
    ("output \"y\" %0\n  output \"y\" %0", "4:10: output 'y' is declared twice"),
    ("%1 = input(name=\"x\", dtype=\"f32\", shape=[])", "3:8: input 'x' is declared twice"),
    (
      "%1 = input(name=\"z\", dtype=\"f32\", shape=[-1])",
      "3:8: input: shape [-1] is outside the limits"
    ),
    (
      "%1 = input(name=\"z\", dtype=\"f16\", shape=[1])",
      "3:8: input: attribute 'dtype' must be an element type"
    ),
    ("update %0 %0", "3:10: update: %0 = input: f32[2, 3] is no variable"),
    (
      "%1 = constant(dtype=\"f32\", shape=[2], value=[1.0])",
      "3:8: constant: attribute 'value' has 1 values, f32[2] needs 2"
    ),
    ("", "4:3: expected the end after '}', not 'graph'"),
  ]

  @Test(arguments: lines) func line(_ line: String, _ message: String) {
    // Only the last case gets as far as the second graph.
    let text = """
      graph "g" {
        %0 = input(name="x", dtype="f32", shape=[2, 3])
        \(line)
      } graph
      """
    #expect(error(text) == "g.dlc:" + message)
  }

  @Test func wholeFiles() {
    #expect(error("") == "g.dlc:1:1: expected 'graph', not the end of the file")
    #expect(error("graph g {}") == "g.dlc:1:7: expected the graph's name in quotes, not 'g'")
    #expect(
      error("graph \"g\" {\n")
        == "g.dlc:2:1: expected a node, 'output', 'update' or '}', not the end of the file")
    #expect(error("graph \"g\" {} // fine\n") == nil)
  }

  @Test func updates() {
    let start = """
      graph "g" {
        %w = variable(name="w", dtype="f32", shape=[2], role="state", fill=0)
        %s = constant(dtype="f32", shape=[], value=[1.0])

      """
    #expect(
      error(start + "update %w %s }")
        == "g.dlc:4:8: update: %0 'w' = variable: f32[2] cannot hold f32[]")
    #expect(
      error(start + "update %w %w update %w %w }")
        == "g.dlc:4:21: update: %0 'w' = variable: f32[2] is updated twice")
  }

  /// Whatever is given, the parser answers, and what it accepts it prints and accepts again.
  @Test func mutationsNeverTrap() throws {
    var random = SplitMix(state: 11)
    let examples = try [TextTests.example] + OpTable.entries.compactMap(example)
    let scraps = [
      "\"", "\\", "%", "nan(0x", "1e", "-", "[", "]", "(", "99999999999", "//", "\u{0}", "é", "inf",
      "relu ", "sum ", "matmul(transpose_a=true, transpose_b=false) %0, %0",
    ]
    for round in 0..<4000 {
      var bytes = Array(examples[round % 2 == 0 ? 0 : random.below(examples.count)].utf8)
      for _ in 0...random.below(4) {
        let place = random.below(bytes.count)
        switch random.below(6) {
        case 0 where bytes.count > 1: bytes.remove(at: place)
        case 1: bytes[place] = UInt8(random.below(256))
        case 2: bytes.insert(contentsOf: scraps[random.below(scraps.count)].utf8, at: place)
        case 3:
          // Other numbers, so that ops see attributes they cannot have.
          let digits = bytes.indices.filter { (0x30...0x39).contains(bytes[$0]) }
          if digits.isEmpty { break }
          let numbers = ["-1", "0", "7", "99", "4611686018427387904", "9223372036854775807"]
          let digit = digits[random.below(digits.count)]
          let number = numbers[random.below(numbers.count)]
          bytes.replaceSubrange(digit...digit, with: Array(number.utf8))
        case 4: bytes.swapAt(place, random.below(bytes.count))
        default:
          let end = min(bytes.count, place + random.below(40))
          bytes.insert(contentsOf: Array(bytes[place..<end]), at: random.below(bytes.count))
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      do throws(TextError) {
        let graph = try Graph(parsing: text, file: "fuzz.dlc")
        #expect(throws: Never.self) { try Verifier.check(graph, stage: .graph) }
        let printed = graph.text
        let again = try? Graph(parsing: printed, file: "again.dlc").text
        #expect(again == printed, "round \(round): \(text)")
      } catch {
        #expect(error.line >= 1 && error.column >= 1 && !error.message.isEmpty)
      }
    }
  }

  /// The op's first sample with attributes, if any, as a graph.
  private func example(_ entry: OpEntry) throws -> String? {
    let samples = entry.samples()
    guard let sample = samples.first(where: { !$0.op.attributes.isEmpty }) ?? samples.first else {
      return nil
    }
    let b = GraphBuilder(entry.name)
    let operands = sample.operands.enumerated().map { place, operand in
      b.input("x\(place)", operand.type.dtype, operand.type.shape)
    }
    b.output("y", b.append(sample.op, operands))
    return try b.build().text
  }

  private func error(_ text: String) -> String? {
    do throws(TextError) {
      _ = try Graph(parsing: text, file: "g.dlc")
      return nil
    } catch {
      return error.description
    }
  }
}

/// Steele et al. 2014, so that a failure is found again.
private struct SplitMix {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return Int((z ^ (z >> 31)) % UInt64(max(1, bound)))
  }
}
