/// The relocation kinds of the x86-64 psABI (table 4.9) that compilers print for plain C.
enum X86Relocation: UInt32 {
  case none = 0
  case absolute64 = 1
  case relative32 = 2
  case plt32 = 4
  case tableRelative32 = 9
  case absolute32 = 10
  case absolute32Signed = 11
  case relative64 = 24
  case tableRelative32Relaxable = 41
  case tableRelative32RelaxableWide = 42

  /// Loads the symbol's address from the address table (the psABI's global offset table).
  var goesThroughTable: Bool {
    self == .tableRelative32 || self == .tableRelative32Relaxable
      || self == .tableRelative32RelaxableWide
  }
}

/// Turns an object into the bytes that belong at a given address.
struct ObjectLinker {
  let object: ElfObject
  let layout: ObjectLayout
  private let relocations: [(section: Int, entries: [ElfObject.Relocation])]
  /// Address of each undefined symbol that is used, by symbol index; 0 for the others.
  private let hostAddresses: [UInt64]

  /// Lays the object out and looks its undefined symbols up.
  ///
  /// Throws when the machine is another one or `resolve` knows no address for a symbol in use;
  /// the error names every such symbol.
  init(
    _ object: ElfObject, resolve: (String) -> UnsafeRawPointer?
  ) throws(UndefinedOrDamaged) {
    do throws(CompileError) {
      guard object.machine == ElfObject.x86 else {
        throw CompileError("code for ELF machine \(object.machine) cannot be loaded, only x86-64")
      }
      relocations = try object.relocations()
    } catch {
      throw .damaged(error)
    }
    self.object = object
    layout = ObjectLayout(object, relocations: relocations)
    var addresses = [UInt64](repeating: 0, count: object.symbols.count)
    var isUsed = [Bool](repeating: false, count: object.symbols.count)
    for (_, entries) in relocations {
      for entry in entries { isUsed[entry.symbol] = true }
    }
    var missing: [String] = []
    for (index, symbol) in object.symbols.enumerated() {
      // Symbol 0 stands for no symbol.
      guard index > 0, isUsed[index], symbol.section == 0 else { continue }
      if let address = resolve(symbol.name) {
        addresses[index] = UInt64(UInt(bitPattern: address))
      } else if !symbol.isWeak {
        missing.append(symbol.name)
      }
    }
    guard missing.isEmpty else { throw .undefined(missing.sorted()) }
    hostAddresses = addresses
  }

  /// Why an object cannot be linked.
  enum UndefinedOrDamaged: Error {
    case undefined([String])
    case damaged(CompileError)
  }

  /// Offset of each global symbol that the object defines in a loaded section.
  func exports() -> [String: Int] {
    var result: [String: Int] = [:]
    for symbol in object.symbols where !symbol.isLocal {
      guard layout.sectionOffsets.indices.contains(symbol.section) else { continue }
      let section = layout.sectionOffsets[symbol.section]
      guard section >= 0, symbol.value <= object.sections[symbol.section].size else { continue }
      result[symbol.name] = section + Int(symbol.value)
    }
    return result
  }

  /// The first `layout.filledEnd` bytes of the range when it starts at `base`.
  func image(at base: UInt64) throws(CompileError) -> [UInt8] {
    var image = [UInt8](repeating: 0, count: layout.filledEnd)
    for (index, section) in object.sections.enumerated() where !section.isZero {
      let offset = layout.sectionOffsets[index]
      guard offset >= 0 else { continue }
      image.withUnsafeMutableBytes { target in
        object.bytes.withUnsafeBytes { source in
          let bytes = source[section.offset..<(section.offset + section.size)]
          target[offset..<(offset + section.size)].copyBytes(from: bytes)
        }
      }
    }
    for symbol in layout.tableSymbols {
      let address = try address(of: symbol, base: base)
      try store(address, in: &image, at: layout.slotOffset(ofSymbol: symbol))
    }
    for symbol in layout.stubSymbols {
      try storeStub(of: symbol, in: &image)
    }
    for (section, entries) in relocations {
      let start = layout.sectionOffsets[section]
      for entry in entries {
        try apply(entry, at: start + entry.offset, base: base, image: &image)
      }
    }
    return image
  }

  private func address(of index: Int, base: UInt64) throws(CompileError) -> UInt64 {
    let symbol = object.symbols[index]
    switch symbol.section {
    case 0: return hostAddresses[index]
    case 0xfff1: return symbol.value
    default:
      guard layout.sectionOffsets.indices.contains(symbol.section) else { throw ByteReader.damaged }
      // A section without bytes has no place; nothing is read through such an address.
      let offset = max(0, layout.sectionOffsets[symbol.section])
      return base &+ UInt64(offset) &+ symbol.value
    }
  }

  /// `jmp *slot(%rip)`, six bytes, padded with two `int3`.
  private func storeStub(of symbol: Int, in image: inout [UInt8]) throws(CompileError) {
    guard let offset = layout.stubOffset(ofSymbol: symbol) else { return }
    let distance = layout.slotOffset(ofSymbol: symbol) - (offset + 6)
    let slot = UInt64(UInt32(truncatingIfNeeded: distance))
    try store(0xcccc_0000_0000_25ff | slot << 16, in: &image, at: offset)
  }

  /// Computes one relocation; in the psABI's letters S is the symbol, A the addend, P the place.
  private func apply(
    _ entry: ElfObject.Relocation, at offset: Int, base: UInt64, image: inout [UInt8]
  ) throws(CompileError) {
    guard let kind = X86Relocation(rawValue: entry.kind) else {
      throw CompileError("relocation kind \(entry.kind) of the compiler's object is not supported")
    }
    let target = Int64(bitPattern: try address(of: entry.symbol, base: base))
    let symbolic = target &+ Int64(entry.addend)
    let place = Int64(bitPattern: base) &+ Int64(offset)
    switch kind {
    case .none:
      return
    case .absolute64:
      try store(symbolic, in: &image, at: offset)
    case .relative64:
      try store(symbolic &- place, in: &image, at: offset)
    case .absolute32:
      try store(try narrowed(symbolic, to: UInt32.self, entry), in: &image, at: offset)
    case .absolute32Signed:
      try store(try narrowed(symbolic, to: Int32.self, entry), in: &image, at: offset)
    case .relative32:
      try store(try narrowed(symbolic &- place, to: Int32.self, entry), in: &image, at: offset)
    case .plt32:
      let stub = layout.stubOffset(ofSymbol: entry.symbol)
      let toStub = stub.map { Int64(bitPattern: base) &+ Int64($0) &+ Int64(entry.addend) }
      let called = toStub ?? symbolic
      try store(try narrowed(called &- place, to: Int32.self, entry), in: &image, at: offset)
    case .tableRelative32, .tableRelative32Relaxable, .tableRelative32RelaxableWide:
      let slot = Int64(layout.slotOffset(ofSymbol: entry.symbol)) &+ Int64(entry.addend)
      let distance = slot &- Int64(offset)
      try store(try narrowed(distance, to: Int32.self, entry), in: &image, at: offset)
    }
  }

  private func narrowed<T: FixedWidthInteger>(
    _ value: Int64, to _: T.Type, _ entry: ElfObject.Relocation
  ) throws(CompileError) -> T {
    guard let narrow = T(exactly: value) else {
      let name = object.symbols[entry.symbol].name
      throw CompileError("'\(name)' lies too far from the code for a 32-bit reference")
    }
    return narrow
  }

  private func store<T: FixedWidthInteger>(
    _ value: T, in image: inout [UInt8], at offset: Int
  ) throws(CompileError) {
    guard offset >= 0, offset <= image.count - MemoryLayout<T>.size else {
      throw ByteReader.damaged
    }
    image.withUnsafeMutableBytes {
      $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
  }
}
