import Codegen
import GraphIR
import Runtime

extension AttentionCost {
  /// Computes all forms on the same random queries, keys and values.
  mutating func compare(_ context: StudyContext, seed: Int) throws {
    var outputs: [AttentionForm: [Double]] = [:]
    for form in AttentionForm.allCases {
      let graph = try form.graph(tokens: 512, features: Self.features, isTraining: false)
      let state = try ModelState(StateLayout([graph]))
      let executable = try Compilation.executable(
        graph, state: state, options: Compilation.Options(threads: context.options.threads))
      var inputs: [String: Tensor] = [:]
      for (index, name) in ["q", "k", "v"].enumerated() {
        inputs[name] = Self.normal([1, 512, Self.features], seed: 100 + 3 * seed + index)
      }
      outputs[form] = try executable.run(inputs)["y"]?.doubles
    }
    guard let exact = outputs[.stored] else { return }
    for (form, output) in outputs { cosines[form, default: []].append(cosine(output, exact)) }
  }

  private func cosine(_ a: [Double], _ b: [Double]) -> Double {
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    return product(a, b) / (product(a, a) * product(b, b)).squareRoot()
  }

  /// Trains the lookup with each form.
  mutating func look(_ context: StudyContext, seed: Int) throws {
    for count in pairs {
      let task = LookupTask(pairs: count, features: lookupFeatures)
      for form in [AttentionForm.blocks, .linear, .efficient] {
        context.note("lookup among \(count) pairs, \(form.rawValue), seed \(seed)")
        let accuracy = try task.accuracy(form, context, seed: seed)
        accuracies[form, default: [:]][count, default: []].append(accuracy)
      }
    }
  }
}
