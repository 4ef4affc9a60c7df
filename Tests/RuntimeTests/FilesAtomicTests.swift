import Foundation
import Runtime
import Testing

@Suite struct FilesAtomicTests {
  @Test func replacesAFileAndLeavesNothingElse() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/new/deep/file"
      try AtomicFile.write([1, 2, 3], to: path)
      try AtomicFile.write([4], to: path)
      #expect(try WholeFile.read(path) == [4])
      #expect(try names(in: folder + "/new/deep") == ["file"])
    }
  }

  @Test func keepsTheOldContentWhenWritingFails() throws {
    struct Stop: Error {}
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try AtomicFile.write([1], to: path)
      #expect(throws: Stop.self) {
        try AtomicFile.write(to: path) { file in
          try file.write([2, 3])
          throw Stop()
        }
      }
      #expect(try WholeFile.read(path) == [1])
      #expect(try names(in: folder) == ["file"])
    }
  }

  @Test func writesThroughALinkAndKeepsTheMode() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([1], to: folder + "/real")
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o640], ofItemAtPath: folder + "/real")
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: "real")
      try AtomicFile.write([2], to: folder + "/link")
      let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/real")
      #expect(attributes[.posixPermissions] as? Int == 0o640)
      #expect(try WholeFile.read(folder + "/real") == [2])
      #expect(try names(in: folder) == ["link", "real"])
    }
  }

  @Test func namesTheReason() throws {
    try withTemporaryFolder { folder in
      try AtomicFile.write([1], to: folder + "/file")
      let text = { (path: String) in
        message(folder) { try AtomicFile.write([1], to: path) }
      }
      let rest = "; a writable place with room is needed"
      #expect(
        text("/dev/full") == "/dev/full: cannot be written: No space left on device" + rest)
      #expect(
        text(folder + "/file/x") == "file/x: cannot be written: Not a directory" + rest)
      #expect(text(folder + "/") == ": cannot be written: Is a directory" + rest)
      let long = String(repeating: "n", count: 256)
      #expect(text(folder + "/\(long)").hasSuffix("File name too long" + rest))
      #expect(try names(in: folder) == ["file"])
    }
  }

  @Test func readsUpToTheLimit() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try AtomicFile.write([1, 2, 3], to: path)
      #expect(try WholeFile.read(path, limit: 3) == [1, 2, 3])
      #expect(
        message(folder) { _ = try WholeFile.read(path, limit: 2) }
          == "file: it is larger than the limit of 2 bytes")
      #expect(
        message { _ = try WholeFile.read("/dev/zero", limit: 100_000) }
          == "/dev/zero: it is larger than the limit of 100000 bytes")
      #expect(
        message(folder) { _ = try WholeFile.read(folder + "/none\n") }
          == "none?: cannot be read: No such file or directory; a readable file is needed")
      #expect(
        message { _ = try WholeFile.read("/") }
          == "/: cannot be read: Is a directory; a readable file is needed")
    }
  }

  @Test func boundsInflation() throws {
    let gzip = try WholeFile.read(fixture("idx/f32-idx3.gz"))
    #expect(Gzip.isCompressed(gzip))
    let content = try Gzip.inflate(gzip, file: "f", limit: 48)
    #expect(content.count == 48)
    #expect(try Gzip.inflate(gzip + gzip, file: "f", limit: 96) == content + content)
    #expect(
      message { _ = try Gzip.inflate(gzip, file: "f", limit: 47) }
        == "f: its uncompressed content is larger than the limit of 47 bytes")
    #expect(
      message { _ = try Gzip.inflate(gzip + [0], file: "f", limit: 99) }
        == "f: other bytes follow the compressed data at byte 51; expected a complete gzip file")
    #expect(
      message { _ = try Gzip.inflate(Array(gzip.dropLast()), file: "f", limit: 99) }
        == "f: the compressed data stops in the middle; expected a complete gzip file")
  }
}
