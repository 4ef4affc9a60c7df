import CKernels
import Foundation
import Testing

@Suite struct NameTests {
  private func expand(_ names: String, _ suffixes: [String]) -> [String] {
    names.split(separator: " ").flatMap { name in suffixes.map { "\(name)_\($0)" } }
  }

  /// The families of the header, spelled out: the table holds these names and no others.
  @Test func tableIsWhatTheHeaderSays() {
    let floats = ["f32", "f64"]
    let numbers = floats + ["i32", "i64"]
    let all = numbers + ["b8"]
    var names = expand(
      "exp log log1p expm1 sqrt rsqrt reciprocal floor ceil round trunc sin cos atan tanh erf sigmoid silu "
        + "gelu gelu_tanh softplus leaky_relu elu is_nan is_inf round_float16 "
        + "round_bfloat16 muladd axpby ema_square relu_grad adam "
        + "sumprod_rows pool_max pool_sum pool_max_grad pool_spread uniform normal pack_b gemm "
        + "gemm_direct brgemm brgemm_add brgemv brpack_b winograd_pack winograd "
        + "winograd_gradient attention_weights attention_scores "
        + "gelu_tanh_slope silu_slope gelu_tanh_and_slope silu_and_slope normalize "
        + "normalize_gradient exp_sub_sum", floats)
    names += expand("pick_rows pick_sub_rows muladd_at", floats.flatMap { ["\($0)_i32", "\($0)_i64"] })
    names += expand(
      "neg abs sign relu clamp add sub mul div pow min max mod sum_rows sum_cols "
        + "prod_rows prod_cols cumsum_rows linear_scan_rows iota scatter_add scatter_mul scatter_min "
        + "scatter_max", numbers)
    names += expand(
      "equal not_equal less less_equal greater greater_equal where max_rows max_cols min_rows "
        + "min_cols argmax_rows argmin_rows argsort_rows", all)
    names += expand("not and or xor", ["b8"])
    names += expand(
      "bit_and bit_or bit_xor bit_not shift_left shift_right shift_right_logical",
      ["i32", "i64", "b8"])
    names += expand("copy fill pad gather scatter", ["8", "32", "64"])
    names += expand("matmul_plain", ["i32", "i64"])
    names += expand("brgemm_bf16x3", ["f32"])
    for from in all {
      names += (all + ["bool"]).filter { $0 != from }.map { "cast_\(from)_\($0)" }
    }
    names += ["barrier", "share", "take", "flush_denormals", "restore_denormals", "now"]
    let table = (0..<dlc_kernel_count()).map { String(cString: dlc_kernel_name($0)) }
    #expect(Set(table).count == table.count)
    #expect(Set(table) == Set(names.map { "dlc_" + $0 }))
  }

  @Test func everyNameHasAKernelOnEveryInstructionSet() {
    for index in 0..<dlc_kernel_count() {
      for isa in 0..<Int32(DLC_ISA_COUNT) {
        #expect(dlc_kernel(dlc_kernel_name(index), isa) != nil)
      }
    }
    #expect(dlc_kernel("dlc_no_such_kernel", 0) == nil)
    #expect(dlc_kernel_name(-1) == nil)
    #expect(dlc_kernel_name(dlc_kernel_count()) == nil)
  }

  /// What is slower where a core runs two threads must be asked for.
  @Test func theMatrixUnitIsNobodysDefault() {
    let wish = ProcessInfo.processInfo.environment["DLC_ISA"]
    let isWished = wish == "amx" && instructionSets.contains(Int32(DLC_ISA_AMX))
    #expect((dlc_isa() == Int32(DLC_ISA_AMX)) == isWished)
    for isa in instructionSets {
      #expect((dlc_has_matrix_unit(isa) != 0) == (isa == Int32(DLC_ISA_AMX)))
    }
  }

  @Test func plainIsAlwaysThere() {
    #expect(instructionSets.contains(0))
    #expect(instructionSets.contains(dlc_isa()))
    #expect(isaName(0) == "plain")
    #expect(isaName(99) == "unknown")
  }
}
