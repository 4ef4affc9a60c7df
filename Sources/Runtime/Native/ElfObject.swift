/// A relocatable ELF64 object in memory, read with every offset checked against its size.
///
/// Field offsets are those of the System V ABI, chapter 4. Only little-endian objects are read.
struct ElfObject {
  struct Section {
    let type: UInt32
    let flags: UInt64
    let offset: Int
    let size: Int
    let link: Int
    let info: Int
    let alignment: Int

    /// Occupies memory while the program runs (SHF_ALLOC).
    var isLoaded: Bool { flags & 2 != 0 && size > 0 }
    /// Holds machine instructions (SHF_EXECINSTR).
    var isCode: Bool { flags & 4 != 0 }
    /// Is all zeros and has no bytes in the file (SHT_NOBITS).
    var isZero: Bool { type == 8 }
  }

  struct Symbol {
    let name: String
    let isLocal: Bool
    let isWeak: Bool
    /// Section index, or 0 for undefined, 0xfff1 for an absolute value.
    let section: Int
    let value: UInt64
  }

  struct Relocation {
    let offset: Int
    let kind: UInt32
    let symbol: Int
    let addend: Int
  }

  static let x86 = 62

  let bytes: [UInt8]
  let machine: Int
  let sections: [Section]
  let symbols: [Symbol]

  init(_ bytes: [UInt8]) throws(CompileError) {
    self.bytes = bytes
    let reader = ByteReader(bytes: bytes)
    let isElf64 = bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1])
    guard isElf64, try reader.read(UInt16.self, at: 16) == 1 else {
      throw CompileError("the compiler's output is no relocatable ELF64 object")
    }
    machine = Int(try reader.read(UInt16.self, at: 18))
    sections = try Self.sections(reader)
    symbols = try Self.symbols(reader, sections)
  }

  /// The relocations of each section that has any, with the index of the section they apply to.
  func relocations() throws(CompileError) -> [(section: Int, entries: [Relocation])] {
    let reader = ByteReader(bytes: bytes)
    var result: [(section: Int, entries: [Relocation])] = []
    for table in sections where table.type == 4 {
      guard sections.indices.contains(table.info) else { throw ByteReader.damaged }
      let target = sections[table.info]
      guard target.isLoaded else { continue }
      var entries: [Relocation] = []
      entries.reserveCapacity(table.size / 24)
      for index in 0..<(table.size / 24) {
        let at = table.offset + index * 24
        let info = try reader.read(UInt64.self, at: at + 8)
        let symbol = Int(info >> 32)
        let offset = try reader.readSize(at: at)
        guard symbols.indices.contains(symbol), offset < target.size else {
          throw ByteReader.damaged
        }
        entries.append(
          Relocation(
            offset: offset, kind: UInt32(truncatingIfNeeded: info), symbol: symbol,
            addend: Int(try reader.read(Int64.self, at: at + 16))))
      }
      result.append((table.info, entries))
    }
    return result
  }

  private static func sections(_ reader: ByteReader) throws(CompileError) -> [Section] {
    let table = try reader.readSize(at: 40)
    let entrySize = Int(try reader.read(UInt16.self, at: 58))
    let count = Int(try reader.read(UInt16.self, at: 60))
    guard entrySize == 64 else { throw ByteReader.damaged }
    var sections: [Section] = []
    for index in 0..<count {
      let at = table + index * 64
      let section = Section(
        type: try reader.read(UInt32.self, at: at + 4),
        flags: try reader.read(UInt64.self, at: at + 8),
        offset: try reader.readSize(at: at + 24),
        size: try reader.readSize(at: at + 32),
        link: Int(try reader.read(UInt32.self, at: at + 40)),
        info: Int(try reader.read(UInt32.self, at: at + 44)),
        alignment: max(1, try reader.readSize(at: at + 48)))
      let isPowerOfTwo = section.alignment & (section.alignment - 1) == 0
      guard isPowerOfTwo, section.alignment <= 4096 else { throw ByteReader.damaged }
      if !section.isZero { try reader.check(section.offset, section.size) }
      sections.append(section)
    }
    return sections
  }

  private static func symbols(
    _ reader: ByteReader, _ sections: [Section]
  ) throws(CompileError) -> [Symbol] {
    guard let table = sections.first(where: { $0.type == 2 }) else { return [] }
    guard sections.indices.contains(table.link) else { throw ByteReader.damaged }
    let names = sections[table.link].offset
    var symbols: [Symbol] = []
    symbols.reserveCapacity(table.size / 24)
    for index in 0..<(table.size / 24) {
      let at = table.offset + index * 24
      let binding = try reader.read(UInt8.self, at: at + 4) >> 4
      let name = Int(try reader.read(UInt32.self, at: at))
      symbols.append(
        Symbol(
          name: try reader.readString(at: names + name), isLocal: binding == 0,
          isWeak: binding == 2, section: Int(try reader.read(UInt16.self, at: at + 6)),
          value: try reader.read(UInt64.self, at: at + 8)))
    }
    return symbols
  }
}

/// Little-endian integers and strings at checked offsets.
struct ByteReader {
  static let damaged = CompileError("the compiler's object is damaged")
  /// Sizes and offsets beyond this are damage; sums of a few of them cannot overflow.
  private static let limit = 1 << 40

  let bytes: [UInt8]

  func check(_ offset: Int, _ count: Int) throws(CompileError) {
    guard offset >= 0, count >= 0, offset <= bytes.count, count <= bytes.count - offset else {
      throw Self.damaged
    }
  }

  func read<T: FixedWidthInteger>(_: T.Type, at offset: Int) throws(CompileError) -> T {
    try check(offset, MemoryLayout<T>.size)
    return bytes.withUnsafeBytes {
      T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
  }

  func readSize(at offset: Int) throws(CompileError) -> Int {
    let value = try read(UInt64.self, at: offset)
    guard value < Self.limit else { throw Self.damaged }
    return Int(value)
  }

  func readString(at offset: Int) throws(CompileError) -> String {
    try check(offset, 1)
    guard let end = bytes[offset...].firstIndex(of: 0) else { throw Self.damaged }
    return String(decoding: bytes[offset..<end], as: UTF8.self)
  }
}
