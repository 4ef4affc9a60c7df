import Runtime
import Testing

@Suite struct FilesMetricsTests {
  func text(_ path: String) throws -> String {
    String(decoding: try WholeFile.read(path), as: UTF8.self)
  }

  @Test func writesARowAStep() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/out/metrics.csv"
      do {
        let metrics = try MetricsCSV(path, columns: ["epoch", "loss", "a,b"])
        #expect(try text(path) == "step,epoch,loss,\"a,b\"\n")
        try metrics.append(step: 1, [0, Double(Float(0.1)), nil])
        try metrics.append(step: 2, [1, .nan, 0.1])
        try metrics.flush()
        try metrics.append(step: 3, [1, -.infinity, 1e300])
      }
      #expect(
        try text(path)
          == "step,epoch,loss,\"a,b\"\n1,0,0.1,\n2,1,nan,0.1\n3,1,-inf,1e+300\n")
      _ = try MetricsCSV(path, columns: ["new"])
      #expect(try text(path) == "step,new\n")
    }
  }

  @Test func resumesBehindAStep() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/m.csv"
      let rows = "step,loss\n1,5\n2,4\n4,3\n5,2"
      for (step, kept) in [(0, ""), (2, "1,5\n2,4\n"), (3, "1,5\n2,4\n"), (9, "1,5\n2,4\n4,3\n")] {
        try AtomicFile.write(Array(rows.utf8), to: path)
        let metrics = try MetricsCSV(path, columns: ["loss"], resumingAfter: step)
        try metrics.append(step: step + 1, [0])
        try metrics.flush()
        #expect(try text(path) == "step,loss\n\(kept)\(step + 1),0\n")
      }
      // Killed within the header, or before the file was made.
      try AtomicFile.write(Array("step,l".utf8), to: path)
      _ = try MetricsCSV(path, columns: ["loss"], resumingAfter: 7)
      #expect(try text(path) == "step,loss\n")
      _ = try MetricsCSV(folder + "/new.csv", columns: ["loss"], resumingAfter: 7)
      #expect(try text(folder + "/new.csv") == "step,loss\n")
    }
  }

  @Test func namesWhatCannotBeGoneOnWith() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/m.csv"
      let resume = {
        message(folder) { _ = try MetricsCSV(path, columns: ["loss"], resumingAfter: 7) }
      }
      try AtomicFile.write(Array("step,accuracy\n1,2\n".utf8), to: path)
      #expect(resume() == "m.csv: its columns are step,accuracy; expected step,loss")
      try AtomicFile.write(Array("step,loss\none,2\n".utf8), to: path)
      #expect(
        resume() == "m.csv: line 2, column 1: 'one' where a finite number or nan belongs")
      #expect(try text(path) == "step,loss\none,2\n")
      #expect(
        message { _ = try MetricsCSV("/dev/full", columns: []) }.contains("cannot be written"))
    }
  }
}
