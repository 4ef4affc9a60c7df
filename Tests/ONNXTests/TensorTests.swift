import Foundation
import GraphIR
import ONNX
import Testing

/// Tensors of files, decoded and encoded.
struct TensorTests {
  private func proto(_ type: TensorProto.DataType, _ dims: [Int64]) -> TensorProto {
    var proto = TensorProto()
    proto.name = "t"
    proto.dataType = Int32(type.rawValue)
    proto.dims = dims
    return proto
  }

  private func raw(_ type: TensorProto.DataType, _ dims: [Int64], _ bytes: [UInt8]) -> TensorProto {
    var proto = proto(type, dims)
    proto.rawData = Data(bytes)
    return proto
  }

  private func decoded(_ proto: TensorProto) throws -> Tensor {
    try ONNXTensor(proto, file: "f").tensor
  }

  @Test func decodesRawDataOfEveryType() throws {
    let two: Shape = [2]
    let half: [UInt8] = [0x00, 0x3e, 0x01, 0x00]
    #expect(try decoded(raw(.float16, [2], half)) == Tensor([1.5, 0x1p-24] as [Float], shape: two))
    let brain: [UInt8] = [0xc0, 0x3f, 0x80, 0xff]
    #expect(
      try decoded(raw(.bfloat16, [2], brain)) == Tensor([1.5, -.infinity] as [Float], shape: two))
    let float: [UInt8] = [0, 0, 0xc0, 0x3f]
    #expect(try decoded(raw(.float, [], float)) == Tensor([1.5] as [Float], shape: .scalar))
    let double: [UInt8] = [0, 0, 0, 0, 0, 0, 0xf8, 0x3f]
    #expect(try decoded(raw(.double, [], double)) == Tensor([1.5] as [Double], shape: .scalar))
    #expect(try decoded(raw(.int8, [2], [0xff, 1])) == Tensor([-1, 1] as [Int32], shape: two))
    #expect(try decoded(raw(.uint8, [2], [0xff, 1])) == Tensor([255, 1] as [Int32], shape: two))
    let small: [UInt8] = [0xff, 0xff, 1, 0]
    #expect(try decoded(raw(.int16, [2], small)) == Tensor([-1, 1] as [Int32], shape: two))
    #expect(try decoded(raw(.uint16, [2], small)) == Tensor([65535, 1] as [Int32], shape: two))
    let word: [UInt8] = [0xff, 0xff, 0xff, 0xff]
    #expect(try decoded(raw(.int32, [1], word)) == Tensor([-1] as [Int32], shape: [1]))
    #expect(
      try decoded(raw(.uint32, [1], word)) == Tensor([4_294_967_295] as [Int64], shape: [1]))
    #expect(try decoded(raw(.int64, [1], word + word)) == Tensor([-1] as [Int64], shape: [1]))
    #expect(try decoded(raw(.uint64, [1], word + word)) == Tensor([-1] as [Int64], shape: [1]))
    #expect(try decoded(raw(.bool, [2], [2, 0])) == Tensor([true, false], shape: two))
    #expect(try decoded(raw(.float, [0, 3], [])) == Tensor(zeros: TensorType(.f32, [0, 3])))
  }

  @Test func decodesListsOfEveryType() throws {
    func list(_ type: TensorProto.DataType, _ fill: (inout TensorProto) -> Void) throws -> Tensor {
      var proto = proto(type, [2])
      fill(&proto)
      return try decoded(proto)
    }
    let two: Shape = [2]
    let floats = try list(.float) { $0.floatData = [1.5, -2] }
    #expect(floats == Tensor([1.5, -2] as [Float], shape: two))
    let doubles = try list(.double) { $0.doubleData = [1.5, -2] }
    #expect(doubles == Tensor([1.5, -2] as [Double], shape: two))
    let halves = try list(.float16) { $0.int32Data = [0x3e00, 0xc000] }
    #expect(halves == Tensor([1.5, -2] as [Float], shape: two))
    let brains = try list(.bfloat16) { $0.int32Data = [0x3fc0, 0xc000] }
    #expect(brains == Tensor([1.5, -2] as [Float], shape: two))
    for type in [TensorProto.DataType.int8, .int16, .int32] {
      let ints = try list(type) { $0.int32Data = [-7, 100] }
      #expect(ints == Tensor([-7, 100] as [Int32], shape: two), "\(type)")
    }
    for type in [TensorProto.DataType.uint8, .uint16] {
      let ints = try list(type) { $0.int32Data = [7, 200] }
      #expect(ints == Tensor([7, 200] as [Int32], shape: two), "\(type)")
    }
    let flags = try list(.bool) { $0.int32Data = [0, 1] }
    #expect(flags == Tensor([false, true], shape: two))
    let longs = try list(.int64) { $0.int64Data = [.min, 5] }
    #expect(longs == Tensor([.min, 5] as [Int64], shape: two))
    for type in [TensorProto.DataType.uint32, .uint64] {
      let ints = try list(type) { $0.uint64Data = [4_000_000_000, 5] }
      #expect(ints == Tensor([4_000_000_000, 5] as [Int64], shape: two), "\(type)")
    }
  }

  @Test(arguments: ONNXElementType.allCases)
  func decodesWhatItEncodes(_ type: ONNXElementType) throws {
    let values: [Double] = type == .bool ? [0, 1, 1, 0] : [0, 1, 5, 100]
    let tensor = ONNXTensor(type, Tensor(TensorType(type.storage, [2, 2]), doubles: values))
    let proto = tensor.proto(name: "n")
    #expect(proto.name == "n" && proto.dims == [2, 2])
    #expect(proto.rawData.count == 4 * type.width)
    #expect(try ONNXTensor(proto, file: "f") == tensor)
    #expect(tensor.rounded == tensor)
  }

  @Test func roundsAndWrapsToTheTypeOfTheFile() {
    let rounded = { (type: ONNXElementType, values: [Double]) in
      let shape = Shape([values.count])
      return ONNXTensor(type, Tensor(TensorType(type.storage, shape), doubles: values))
        .rounded.tensor.doubles
    }
    #expect(rounded(.float16, [1 + 0x1p-12, 65520, -1e9]) == [1, .infinity, -.infinity])
    // Halfway between two: the even one.
    #expect(rounded(.bfloat16, [1 + 0x1p-8, 1 + 0x3p-8]) == [1, 1 + 0x1p-6])
    #expect(rounded(.bfloat16, [.nan])[0].isNaN)
    #expect(rounded(.bfloat16, [3.4e38]) == [.infinity])
    #expect(rounded(.int8, [200, -129]) == [-56, 127])
    #expect(rounded(.uint8, [-1, 256]) == [255, 0])
    #expect(rounded(.uint32, [-1]) == [4_294_967_295])
  }

  @Test func storesTensorsOfTheGraph() {
    let bytes = ONNXTensor(storing: Tensor([0, 255] as [UInt8], shape: [2]))
    #expect(bytes.elementType == .uint8)
    #expect(bytes.tensor == Tensor([0, 255] as [Int32], shape: [2]))
    #expect(ONNXTensor(storing: Tensor([1.5] as [Double], shape: [1])).elementType == .double)
  }

  @Test func namesWhatContradicts() {
    let error = { (proto: TensorProto) in
      #expect(throws: ONNXError.self) { try self.decoded(proto) }.map { "\($0)" } ?? "none"
    }
    #expect(
      error(raw(.float, [2], [1, 2, 3]))
        == "f: tensor 't' has 3 bytes of data; its shape needs 8")
    #expect(
      error(proto(.int32, [3]))
        == "f: tensor 't' has 0 elements of type int32; its shape needs 3")
    #expect(
      error(raw(.float, [-1], [])).hasPrefix("f: tensor 't' has the shape [-1], which is not"))
    #expect(error(raw(.float, [1 << 62, 1 << 62], [])).contains("is not supported"))
    #expect(error(raw(.float, [1 << 38], [])).contains("its shape needs 1099511627776"))
    #expect(error(raw(.string, [1], [])).hasPrefix("f: tensor 't' has string, which is not"))
    #expect(error(raw(.float8E4M3Fn, [1], [0])).contains("float8E4M3Fn"))
    var unknown = proto(.float, [1])
    unknown.dataType = 99
    unknown.name = "a\nb\"*/"
    #expect(error(unknown).hasPrefix("f: tensor 'a?b\"*/' has element type 99, which"))
    var cut = raw(.float, [1], [0, 0, 0, 0])
    cut.segment.begin = 0
    #expect(error(cut).contains("segments"))
  }
}
