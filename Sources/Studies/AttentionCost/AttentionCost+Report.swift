import Runtime

extension AttentionCost {
  func describe(in report: inout StudyReport) {
    let softmax = exponents(.blocks, times: true, isTraining: false)
    let linear = exponents(.linear, times: true, isTraining: false)
    report.judge(Self.judgeTime(softmax: softmax, linear: linear))
    let memory = [AttentionForm.stored, .blocks, .linear].map {
      exponents($0, times: false, isTraining: true)
    }
    report.judge(Self.judgeMemory(stored: memory[0], blocks: memory[1], linear: memory[2]))
    let crossings = seedIndices.map { seed in
      Self.crossing(tokens, curve(.blocks, seed), curve(.linear, seed))
    }
    let ratio = Spread(
      seedIndices.map { seed in
        (curve(.blocks, seed).last ?? .nan) / (curve(.linear, seed).last ?? .nan)
      })
    let range = tokens[0]...tokens[tokens.count - 1]
    report.judge(Self.judgeFaster(crossings: crossings, ratio: ratio, tokens: range))
    report.judge(
      Self.judgeSame(
        linear: Spread(cosines[.linear] ?? []), blocks: Spread(cosines[.blocks] ?? [])))
    let curves = [AttentionForm.blocks, .linear].map { form in
      pairs.map { Spread(accuracies[form]?[$0] ?? []) }
    }
    let chance = 1 / Double(LookupTask.values)
    report.judge(
      Self.judgeLookup(
        pairs: pairs, softmax: curves[0], linear: curves[1], features: lookupFeatures,
        chance: chance))
    report.value("speed_ratio", ratio)
    let known = crossings.compactMap { $0 }
    if !known.isEmpty { report.value("crossing_tokens", Spread(known)) }
    for (form, values) in cosines { report.value("cosine.\(form)", Spread(values)) }
    describeCost(in: &report)
    describeLookup(in: &report)
    report.heading("The C of linear attention")
    report.text("For 1,024 tokens, forward.")
    report.code(source)
  }

  private var seedIndices: Range<Int> {
    0..<(times.values.map(\.count).max() ?? 0)
  }

  /// Seconds of the forward pass for each size, of one seed.
  private func curve(_ form: AttentionForm, _ seed: Int) -> [Double] {
    tokens.map { times[Key(form: form, tokens: $0, isTraining: false)]?[seed] ?? .nan }
  }

  /// Fitted for each seed over the sizes that were measured; memory has one value only.
  private func exponents(_ form: AttentionForm, times isTime: Bool, isTraining: Bool) -> Spread {
    let keys = tokens.filter { $0 >= firstFitted }.map {
      Key(form: form, tokens: $0, isTraining: isTraining)
    }
    let measured = keys.filter { isTime ? times[$0] != nil : bytes[$0] != nil }
    let x = measured.map { Double($0.tokens) }
    guard isTime else { return Spread([fittedExponent(x, measured.map { bytes[$0] ?? .nan })]) }
    return Spread(
      seedIndices.map { seed in fittedExponent(x, measured.map { times[$0]?[seed] ?? .nan }) })
  }

  private func describeCost(in report: inout StudyReport) {
    report.heading("Time and memory")
    report.text(
      """
      Attention of n tokens to n tokens, one head of \(Self.features) features, one thread. In blocks: scores \
      and weights are computed for some tokens at a time and never stored, neither in the gradient.
      """)
    var rows: [[String]] = []
    for isTraining in [false, true] {
      for form in forms {
        let time = exponents(form, times: true, isTraining: isTraining)
        let memory = exponents(form, times: false, isTraining: isTraining)
        let part = isTraining ? "with gradients" : "forward"
        rows.append([form.rawValue, part, "\(time)", "\(memory)"])
        report.value("time_exponent.\(form).\(isTraining ? "training" : "forward")", time)
        report.value("memory_exponent.\(form).\(isTraining ? "training" : "forward")", memory)
      }
    }
    report.table(
      "exponents", ["attention", "pass", "time grows with n to the", "memory"], rows,
      caption: "Fitted from \(firstFitted) tokens on.")
    report.chart(
      "time",
      chart("Time of attention, forward", "milliseconds") { form, tokens in
        times[Key(form: form, tokens: tokens, isTraining: false)].map { Spread($0).mean * 1e3 }
      }, caption: "Mean over the seeds of the shortest of several runs.")
    report.chart(
      "memory",
      chart("Memory of attention with gradients", "MB") { form, tokens in
        bytes[Key(form: form, tokens: tokens, isTraining: true)].map { $0 / 1e6 }
      }, caption: "What the compiler plans for intermediate values, results and scratch.")
    var lines: [[String]] = []
    for tokens in tokens {
      for form in forms {
        let keys = [false, true].map { Key(form: form, tokens: tokens, isTraining: $0) }
        lines.append(
          ["\(tokens)", form.rawValue]
            + keys.map { times[$0].map { "\(Spread($0.map { $0 * 1e3 }))" } ?? "not run" }
            + keys.map { bytes[$0].map { figure($0 / 1e6) } ?? "" })
      }
    }
    report.table(
      "cost",
      [
        "tokens", "attention", "forward, ms", "with gradients, ms", "forward, MB",
        "with gradients, MB",
      ],
      lines, caption: "More than \(Self.mostStored) tokens are not run with a stored matrix.")
  }

  private func chart(
    _ title: String, _ unit: String, _ value: (AttentionForm, Int) -> Double?
  ) -> LineChart {
    var chart = LineChart(title: title, xLabel: "tokens", yLabel: unit)
    (chart.xScale, chart.yScale) = (.logarithmic, .logarithmic)
    for form in forms {
      chart.series.append(
        .init(
          form.rawValue, x: tokens.map(Double.init), y: tokens.map { value(form, $0) ?? .nan }))
    }
    return chart
  }

  private func describeLookup(in report: inout StudyReport) {
    report.heading("Looking up")
    report.text(
      """
      Sequences of pairs of a key and a value, and keys whose values are to be told. One layer of \
      attention of \(lookupFeatures) features, trained on 4,096 sequences and tested on 512 others.
      """)
    let forms: [AttentionForm] = [.blocks, .linear, .efficient]
    var chart = LineChart(
      title: "Values found", xLabel: "pairs to look among", yLabel: "share of right answers")
    chart.xScale = .logarithmic
    var rows = pairs.map { ["\($0)"] }
    for form in forms {
      let curve = pairs.map { Spread(accuracies[form]?[$0] ?? []) }
      for (index, spread) in curve.enumerated() {
        rows[index].append("\(spread)")
        report.value("lookup.\(form).\(pairs[index])", spread)
      }
      chart.series.append(
        .init(
          form == .blocks ? "softmax" : form.rawValue, x: pairs.map(Double.init),
          y: curve.map(\.mean), spread: curve.map(\.deviation)))
    }
    report.chart("lookup", chart, caption: "Mean over the seeds; bands are a standard deviation.")
    report.table(
      "lookup", ["pairs", "softmax", "linear", "linear, keys normalized"], rows,
      caption: "Share of right answers; guessing gives 1 in \(LookupTask.values).")
  }
}
