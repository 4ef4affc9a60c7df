import CKernels

/// The instruction sets this machine can run.
let instructionSets: [Int32] = (0..<Int32(DLC_ISA_COUNT)).filter {
  dlc_isa_available($0) != 0
}

/// The kernel `dlc_<name>` of one instruction set as a C function of type `F`.
func kernel<F>(_ name: String, _ isa: Int32, as type: F.Type = F.self) throws -> F {
  guard let address = dlc_kernel("dlc_" + name, isa) else { throw NoSuchKernel(name: name) }
  return unsafeBitCast(address, to: F.self)
}

struct NoSuchKernel: Error { let name: String }

typealias Out = UnsafeMutableRawPointer
typealias In = UnsafeRawPointer

typealias UnaryKernel = @convention(c) (Int, Int, Out, Int, In, Int, Int) -> Void
typealias UnaryKernel1 = @convention(c) (Int, Int, Out, Int, In, Int, Int, Double) -> Void
typealias UnaryKernel2 = @convention(c) (Int, Int, Out, Int, In, Int, Int, Double, Double) -> Void
typealias BinaryKernel = @convention(c) (Int, Int, Out, Int, In, Int, Int, In, Int, Int) -> Void
typealias BinaryKernel2 =
  @convention(c) (
    Int, Int, Out, Int, In, Int, Int, In, Int, Int, Double, Double
  ) -> Void
typealias TernaryKernel =
  @convention(c) (
    Int, Int, Out, Int, In, Int, Int, In, Int, Int, In, Int, Int
  ) -> Void
