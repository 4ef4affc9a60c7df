import Codegen

/// Makes an ELF shared library of an object whose code needs nothing but the C library and libm.
///
/// libtcc's own shared libraries lack PT_GNU_STACK, so that loading one makes the process's stack
/// executable; and a linker need not be there. Field meanings are those of the System V ABI.
///
///     headers, symbols, relocations (read) | code (execute) | data (write) | dynamic section (write)
struct SharedLibrary {
  private let object: ElfObject
  private let linker: ObjectLinker
  /// Undefined symbols by index in the object, with their indices in the dynamic symbol table.
  private var dynamicIndex: [Int: Int] = [:]
  private var strings: [UInt8] = [0]
  private var symbols = [UInt8](repeating: 0, count: 24)
  private var symbolNames = [""]
  private var relocations: [UInt8] = []

  /// The libraries that the loader is asked for.
  private static let needed = ["libm.so.6", "libc.so.6"]

  /// The library of a relocatable object; every global function that it defines is exported.
  ///
  /// Errors: `CompileError` for undefined symbols other than the C library's, and for code that
  /// only runs at a fixed place.
  static func bytes(of object: [UInt8]) throws(CompileError) -> [UInt8] {
    var library = try SharedLibrary(try ElfObject(object))
    return try library.file()
  }

  private init(_ object: ElfObject) throws(CompileError) {
    self.object = object
    // The loader writes the real addresses.
    let placeholder = UnsafeRawPointer(bitPattern: 16)
    do throws(ObjectLinker.UndefinedOrDamaged) {
      linker = try ObjectLinker(object) { name in
        StandaloneFile.externalFunctions.contains(name) ? placeholder : nil
      }
    } catch {
      switch error {
      case .damaged(let reason): throw reason
      case .undefined(let names):
        throw CompileError(messages: names.map { "error: undefined symbol '\($0)'" })
      }
    }
  }

  private mutating func file() throws(CompileError) -> [UInt8] {
    let layout = linker.layout
    let exports = linker.exports().sorted { $0.key < $1.key }
    let relocated = try object.relocations()
    for (_, entries) in relocated {
      for entry in entries { addUndefined(entry.symbol) }
    }
    let firstExport = symbolNames.count
    for (name, _) in exports { symbolNames.append(name) }
    // Sizes first: addresses in symbols and relocations depend on where the code begins.
    let names = symbolNames.dropFirst().map { string($0) }
    let needed = SharedLibrary.needed.map { string($0) }
    let relocationCount =
      layout.tableSymbols.count
      + relocated.reduce(0) { $0 + $1.entries.count { $0.kind == absolute } }
    let place = Place(
      symbols: symbolNames.count, strings: strings.count, relocations: relocationCount)
    let code = place.end
    for (index, name) in names.enumerated() {
      let isExport = index + 1 >= firstExport
      let address = isExport ? code + exports[index + 1 - firstExport].value : 0
      // STB_GLOBAL, and STT_FUNC for what is defined; any section but 0 means defined.
      symbols.append(name, as: UInt32.self)
      symbols += [isExport ? 0x12 : 0x10, 0]
      symbols.append(isExport ? 5 : 0, as: UInt16.self)
      symbols.append(address, as: UInt64.self)
      symbols.append(0, as: UInt64.self)
    }
    try addRelocations(relocated, code)
    let image = try linker.image(at: UInt64(code))
    let dynamic = dynamicSection(place, needed)
    return write(image, dynamic, place)
  }

  // MARK: - Symbols and relocations

  private var absolute: UInt32 { X86Relocation.absolute64.rawValue }

  private mutating func addUndefined(_ symbol: Int) {
    guard symbol > 0, object.symbols[symbol].section == 0, dynamicIndex[symbol] == nil else {
      return
    }
    dynamicIndex[symbol] = symbolNames.count
    symbolNames.append(object.symbols[symbol].name)
  }

  private mutating func string(_ text: String) -> Int {
    let start = strings.count
    strings += Array(text.utf8) + [0]
    return start
  }

  private mutating func addRelocations(
    _ relocated: [(section: Int, entries: [ElfObject.Relocation])], _ code: Int
  ) throws(CompileError) {
    let layout = linker.layout
    for symbol in layout.tableSymbols {
      // R_X86_64_GLOB_DAT
      addRelocation(code + layout.slotOffset(ofSymbol: symbol), symbol, 0, kind: 6, code)
    }
    for (section, entries) in relocated {
      for entry in entries {
        guard entry.kind == absolute else {
          try check(entry)
          continue
        }
        guard !object.sections[section].isCode else { throw SharedLibrary.fixed }
        let at = code + layout.sectionOffsets[section] + entry.offset
        addRelocation(at, entry.symbol, entry.addend, kind: absolute, code)
      }
    }
  }

  private static let fixed = CompileError("the compiler's object is not position-independent")

  /// What is not the loader's to resolve must not depend on where the library lies.
  private func check(_ entry: ElfObject.Relocation) throws(CompileError) {
    let kind = X86Relocation(rawValue: entry.kind)
    let isDirect = kind == .relative32 || kind == .relative64
    let isFixed = kind == .absolute32 || kind == .absolute32Signed
    if isFixed || isDirect && dynamicIndex[entry.symbol] != nil { throw SharedLibrary.fixed }
  }

  private mutating func addRelocation(
    _ at: Int, _ symbol: Int, _ addend: Int, kind: UInt32, _ code: Int
  ) {
    relocations.append(at, as: UInt64.self)
    if let index = dynamicIndex[symbol] {
      relocations.append(index << 32 | Int(kind), as: UInt64.self)
      relocations.append(addend, as: UInt64.self)
      return
    }
    // R_X86_64_RELATIVE
    relocations.append(8, as: UInt64.self)
    let target = object.symbols[symbol]
    let section = linker.layout.sectionOffsets
    let offset = section.indices.contains(target.section) ? max(0, section[target.section]) : 0
    relocations.append(code + offset + Int(target.value) + addend, as: UInt64.self)
  }

  // MARK: - The file

  /// Where the parts before the code lie, in the file and in memory.
  private struct Place {
    static let header = 64 + 6 * 56
    let hash = Place.header
    let hashSize, symbols, symbolsSize, strings, stringsSize, relocations, relocationsSize: Int
    /// The end of the read-only part, a multiple of the page size.
    let end: Int

    init(symbols count: Int, strings bytes: Int, relocations number: Int) {
      hashSize = (2 + 1 + count) * 4
      symbols = (hash + hashSize + 7) & -8
      symbolsSize = count * 24
      strings = symbols + symbolsSize
      stringsSize = bytes
      relocations = (strings + bytes + 7) & -8
      relocationsSize = number * 24
      end = (relocations + relocationsSize + ObjectLayout.pageSize - 1) & -ObjectLayout.pageSize
    }
  }

  private func dynamicSection(_ place: Place, _ needed: [Int]) -> [UInt8] {
    // DT_NEEDED, DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_RELA, DT_RELASZ, DT_RELAENT
    let entries =
      needed.map { (1, $0) } + [
        (4, place.hash), (5, place.strings), (6, place.symbols), (10, place.stringsSize), (11, 24),
        (7, place.relocations), (8, place.relocationsSize), (9, 24), (0, 0),
      ]
    var bytes: [UInt8] = []
    for (tag, value) in entries {
      bytes.append(tag, as: UInt64.self)
      bytes.append(value, as: UInt64.self)
    }
    return bytes
  }

  /// One chain of all symbols: a few names need no more.
  private var hashTable: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(1, as: UInt32.self)
    bytes.append(symbolNames.count, as: UInt32.self)
    bytes.append(symbolNames.count > 1 ? 1 : 0, as: UInt32.self)
    for index in symbolNames.indices {
      let isLast = index == 0 || index == symbolNames.count - 1
      bytes.append(isLast ? 0 : index + 1, as: UInt32.self)
    }
    return bytes
  }

  private func write(_ image: [UInt8], _ dynamic: [UInt8], _ place: Place) -> [UInt8] {
    let layout = linker.layout
    let (code, page) = (place.end, ObjectLayout.pageSize)
    let data = code + layout.dataOffset
    let dynamicFile = (code + image.count + page - 1) & -page
    let dynamicAddress = code + layout.size
    let sections = sectionTable(place, dynamic.count, dynamicFile, dynamicAddress)
    let sectionsAt = dynamicFile + dynamic.count + sections.names.count

    var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    for value in [3, ElfObject.x86] { file.append(value, as: UInt16.self) }
    file.append(1, as: UInt32.self)
    for value in [0, 64, sectionsAt] { file.append(value, as: UInt64.self) }
    file.append(0, as: UInt32.self)
    for value in [64, 56, 6, 64, sections.count, sections.count - 1] {
      file.append(value, as: UInt16.self)
    }
    // PT_LOAD is 1, PT_DYNAMIC 2, PT_GNU_STACK 0x6474e551; flags: read 4, write 2, execute 1.
    file.appendSegment(1, 4, 0, 0, place.end, place.end, page)
    file.appendSegment(1, 5, code, code, layout.codeSize, layout.codeSize, page)
    file.appendSegment(
      1, 6, data, data, max(0, image.count - layout.dataOffset), layout.size - layout.dataOffset,
      page)
    file.appendSegment(1, 6, dynamicFile, dynamicAddress, dynamic.count, dynamic.count, page)
    file.appendSegment(2, 6, dynamicFile, dynamicAddress, dynamic.count, dynamic.count, 8)
    file.appendSegment(0x6474_e551, 6, 0, 0, 0, 0, 16)
    file += hashTable
    file.pad(to: place.symbols)
    file += symbols + strings
    file.pad(to: place.relocations)
    file += relocations
    file.pad(to: code)
    file += image
    file.pad(to: dynamicFile)
    return file + dynamic + sections.names + sections.table
  }

  /// The section headers, which linkers read where loaders read segments.
  private func sectionTable(
    _ place: Place, _ dynamicSize: Int, _ dynamicFile: Int, _ dynamicAddress: Int
  ) -> (names: [UInt8], table: [UInt8], count: Int) {
    let layout = linker.layout
    var names: [UInt8] = [0]
    var table = [UInt8](repeating: 0, count: 64)
    var count = 1
    // name, type, flags, address, file offset, size, link, info, alignment, entry size
    func add(_ name: String, _ type: Int, _ flags: Int, _ fields: [Int]) {
      table.append(names.count, as: UInt32.self)
      table.append(type, as: UInt32.self)
      table.append(flags, as: UInt64.self)
      for value in fields[0..<3] { table.append(value, as: UInt64.self) }
      for value in fields[3..<5] { table.append(value, as: UInt32.self) }
      for value in fields[5..<7] { table.append(value, as: UInt64.self) }
      names += Array(name.utf8) + [0]
      count += 1
    }
    func read(_ name: String, _ type: Int, _ at: Int, _ size: Int, _ rest: [Int]) {
      add(name, type, 2, [at, at, size] + rest)
    }
    read(".hash", 5, place.hash, place.hashSize, [2, 0, 8, 4])
    read(".dynsym", 11, place.symbols, place.symbolsSize, [3, 1, 8, 24])
    read(".dynstr", 3, place.strings, place.stringsSize, [0, 0, 1, 0])
    read(".rela.dyn", 4, place.relocations, place.relocationsSize, [2, 0, 8, 24])
    add(".text", 1, 6, [place.end, place.end, layout.codeSize, 0, 0, 16, 0])
    let data = place.end + layout.dataOffset
    add(".data", 1, 3, [data, data, max(0, layout.filledEnd - layout.dataOffset), 0, 0, 64, 0])
    add(".dynamic", 6, 3, [dynamicAddress, dynamicFile, dynamicSize, 3, 0, 8, 16])
    let nameCount = names.count + ".shstrtab".utf8.count + 1
    add(".shstrtab", 3, 0, [0, dynamicFile + dynamicSize, nameCount, 0, 0, 1, 0])
    return (names, table, count)
  }
}

extension [UInt8] {
  /// Appends the low bytes of an integer, little end first.
  fileprivate mutating func append<T: FixedWidthInteger>(_ value: Int, as _: T.Type) {
    Swift.withUnsafeBytes(of: T(truncatingIfNeeded: value).littleEndian) { self += $0 }
  }

  fileprivate mutating func appendSegment(
    _ type: Int, _ flags: Int, _ offset: Int, _ address: Int, _ fileSize: Int, _ size: Int,
    _ alignment: Int
  ) {
    append(type, as: UInt32.self)
    append(flags, as: UInt32.self)
    for value in [offset, address, address, fileSize, size, alignment] {
      append(value, as: UInt64.self)
    }
  }

  fileprivate mutating func pad(to count: Int) {
    if self.count < count { self += [UInt8](repeating: 0, count: count - self.count) }
  }
}
