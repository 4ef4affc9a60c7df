import GraphIR
import Runtime
import TestSupport
import Testing

@Suite struct DataCSVTests {
  func parse(_ text: String) throws -> Tensor { try CSV.parse(Array(text.utf8), file: "f.csv") }
  func text(_ csv: String) -> String { message { _ = try parse(csv) } }

  @Test func readsTheUsualSpellings() throws {
    let table = Tensor([1, -2.5, 3e-4, 4] as [Float], shape: [2, 2])
    for spelling in [
      "1,-2.5\n3e-4,4\n", "1,-2.5\r\n3E-4,4.", "a,b\n1,-2.5\n\n.0003,+4\n\n", "1\t-2.5\n3e-4\t4",
      "\"a, \"\"b\"\"\",\"c\nd\"\n\"1\", -2.5 \n 3e-4 ,\"4\"", "\u{feff}1,-25e-1\n0.3e-3,0004",
    ] {
      #expect(try parse(spelling) == table, "\(spelling)")
    }
    #expect(try parse("y\n1\n2").shape == [2, 1])
    let special: [Float] = try parse("nan,-0,NaN,1e-50").values()
    #expect(special[0].isNaN && special[1].sign == .minus && special[2].isNaN && special[3] == 0)
  }

  @Test func namesWhatIsWrong() {
    #expect(
      text("a,b\n1,2\n3,four\n")
        == "f.csv: line 3, column 2: 'four' where a finite number or nan belongs")
    #expect(
      text("1,2\n\n3,\n")
        == "f.csv: line 3, column 2: an empty field where a finite number or nan belongs")
    #expect(
      text("1,x\n") == "f.csv: line 1, column 2: 'x' where a finite number or nan belongs")
    for word in ["inf", "1e39", "0x10", "1e", "--1", "1.2.3", "1 2", "e5", "."] {
      #expect(text("1\n\(word)\n").contains("line 2, column 1: '\(word)'"), "\(word)")
    }
    #expect(text("1,2\n3\n") == "f.csv: line 2 has 1 fields; the first has 2")
    #expect(text("a,b\n1,2,3\n") == "f.csv: line 2 has 3 fields; the first has 2")
    let none = "f.csv: has no numbers; expected a line of numbers at least"
    #expect(text("") == none && text("a,b\n") == none && text("\n\n") == none)
    #expect(
      text("1\n\"2\n3")
        == "f.csv: line 2 has a quote that is never closed; expected a quote on both sides of a field"
    )
    #expect(text("\"1\"2\n").contains("line 1 has text behind a closing quote"))
    let long = String(repeating: "w", count: 500)
    #expect(text("1\n\(long)\n\u{7}").count < 150)
  }

  /// Against the exact conversion of the standard library, with digits that invite double rounding.
  @Test func roundsEachNumberOnce() throws {
    var random = TestRandom(state: 7)
    var words: [String] = []
    for _ in 0..<20_000 {
      let bits = UInt32(random.next(below: 0x7f00_0000))
      let value = Float(bitPattern: bits)
      // The middle between two floats, and numbers a hair beside it.
      let middle = (Double(value) + Double(value.nextUp)) / 2
      words += [
        "\(value)", "\(Double(value))", "\(middle)", "\(middle.nextUp)", "\(middle.nextDown)",
      ]
      words.append("\(random.next(below: 1 << 30)).\(random.next(below: 1 << 30))")
    }
    words += ["16777217", "33554435", "0.1000000014901161193847656250000000001", "1e23", "9e-46"]
    words += ["340282346638528859811704183484516925440", "1.17549429e-38", "7e-46", "1e-45"]
    let values: [Float] = try parse(words.joined(separator: "\n")).values()
    let wrong = zip(words, values).filter { Float($0)?.bitPattern != $1.bitPattern }
    #expect(wrong.isEmpty, "\(wrong.prefix(3))")
  }

  @Test func refusesDamagedTables() {
    let table = "a,b,c\n" + (0..<40).map { "\($0),-1.5e\($0 % 9),\"\($0)\"\n" }.joined()
    let refused = fuzz(Array(table.utf8), count: 800, seed: 3, expecting: DataError.self) {
      _ = try CSV.parse($0, file: "f")
    }
    #expect(refused > 200)
  }

  @Test func theLastColumnIsTheTarget() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write(Array("a,b,y\n1,2,3\n4,5,6\n".utf8), to: folder + "/t.csv")
      let (data, test) = try Dataset.load(folder + "/t.csv")
      #expect(test == nil)
      #expect(try data.array("x").tensor == Tensor([1, 2, 4, 5] as [Float], shape: [2, 2]))
      #expect(try data.array("y").tensor == Tensor([3, 6] as [Float], shape: [2]))
      try AtomicFile.write(Array("1\n2\n".utf8), to: folder + "/t.tsv")
      #expect(
        message(folder) { _ = try Dataset.load(folder + "/t.tsv") }
          == "t.tsv: has a single column; expected inputs and, last, the target")
    }
  }
}
