/// Where each part of an object goes within one range of addresses, as offsets from its start.
///
///     code sections | stubs | to the page end | address table | data sections | zero sections
///
/// Code reaches data and the address table with 32-bit distances, so they share a range. Symbols of
/// the host can lie anywhere; the address table holds their full addresses, and a stub is a jump
/// through it.
struct ObjectLayout {
  static let pageSize = 4096
  private static let stubSize = 8

  /// Offset of each loaded section, by section index; -1 for the others.
  private(set) var sectionOffsets: [Int]
  /// Symbols with a slot in the address table, in the order of the slots.
  private(set) var tableSymbols: [Int] = []
  /// Symbols that code calls through a stub, in the order of the stubs.
  private(set) var stubSymbols: [Int] = []
  /// Bytes of instructions, stubs included.
  private(set) var codeSize = 0
  /// Start of the data part, a multiple of the page size.
  private(set) var dataOffset = 0
  /// End of the bytes that have initial values.
  private(set) var filledEnd = 0
  /// Size of the whole range, a multiple of the page size.
  private(set) var size = 0

  private var slots: [Int]
  private var stubs: [Int]
  private var stubOffset = 0

  init(_ object: ElfObject, relocations: [(section: Int, entries: [ElfObject.Relocation])]) {
    sectionOffsets = Array(repeating: -1, count: object.sections.count)
    slots = Array(repeating: -1, count: object.symbols.count)
    stubs = slots
    for (_, entries) in relocations {
      for entry in entries {
        addIndirections(entry, isUndefined: object.symbols[entry.symbol].section == 0)
      }
    }
    var end = 0
    place(object, at: &end) { $0.isCode }
    stubOffset = Self.aligned(end, to: Self.stubSize)
    codeSize = stubOffset + stubSymbols.count * Self.stubSize
    dataOffset = Self.aligned(codeSize, to: Self.pageSize)
    end = dataOffset + tableSymbols.count * 8
    place(object, at: &end) { !$0.isCode && !$0.isZero }
    filledEnd = end
    place(object, at: &end) { !$0.isCode && $0.isZero }
    size = Self.aligned(end, to: Self.pageSize)
  }

  /// The slot of a symbol that `tableSymbols` holds.
  func slotOffset(ofSymbol symbol: Int) -> Int {
    dataOffset + slots[symbol] * 8
  }

  /// The stub of a symbol, nil when calls reach it directly.
  func stubOffset(ofSymbol symbol: Int) -> Int? {
    stubs[symbol] < 0 ? nil : stubOffset + stubs[symbol] * Self.stubSize
  }

  private mutating func addIndirections(_ entry: ElfObject.Relocation, isUndefined: Bool) {
    guard let kind = X86Relocation(rawValue: entry.kind) else { return }
    let needsStub = kind == .plt32 && isUndefined
    if needsStub, stubs[entry.symbol] < 0 {
      stubs[entry.symbol] = stubSymbols.count
      stubSymbols.append(entry.symbol)
    }
    if needsStub || kind.goesThroughTable, slots[entry.symbol] < 0 {
      slots[entry.symbol] = tableSymbols.count
      tableSymbols.append(entry.symbol)
    }
  }

  private mutating func place(
    _ object: ElfObject, at end: inout Int, where included: (ElfObject.Section) -> Bool
  ) {
    for (index, section) in object.sections.enumerated() {
      guard section.isLoaded, included(section) else { continue }
      end = Self.aligned(end, to: max(section.alignment, 16))
      sectionOffsets[index] = end
      end += section.size
    }
  }

  private static func aligned(_ value: Int, to alignment: Int) -> Int {
    (value + alignment - 1) & -alignment
  }
}
