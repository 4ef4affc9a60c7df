import Codegen

extension StepProfile {
  /// The last steps in the trace format of Chrome and Perfetto, one row a thread.
  ///
  /// Times are microseconds since the first of these steps; waiting at barriers has the category
  /// `wait`.
  public func chromeTrace(steps last: Int = 20) -> String {
    var events = [#"{"name": "process_name", "ph": "M", "pid": 0, "args": {"name": "dlc"}}"#]
    for thread in 0..<threads {
      events.append(
        #"{"name": "thread_name", "ph": "M", "pid": 0, "tid": \#(thread), "#
          + #""args": {"name": "thread \#(thread)"}}"#)
    }
    let shown = max(0, steps - last)..<steps
    let origin = bounds.isEmpty ? 0 : bounds[shown.lowerBound].lowerBound
    for step in shown {
      for thread in 0..<threads {
        for part in plan.parts.indices {
          let span = span(step: step, thread: thread, part: part)
          // Where another thread does the work there is nothing to show.
          if case .kernel(let index) = plan.parts[part], thread > 0,
            program.kernels[index].isSerial
          {
            continue
          }
          events.append(event(part, span, origin, thread: thread, step: step))
        }
      }
    }
    return "{\"displayTimeUnit\": \"ns\", \"traceEvents\": [\n"
      + events.joined(separator: ",\n") + "\n]}\n"
  }

  /// Names are C identifiers, so they need no escapes.
  private func event(
    _ part: Int, _ span: Range<Int64>, _ origin: Int64, thread: Int, step: Int
  ) -> String {
    let (name, category) =
      switch plan.parts[part] {
      case .start: ("start", "wait")
      case .barrier: ("barrier", "wait")
      case .commit: ("commit", "kernel")
      case .kernel(let index): (program.kernels[index].name, "kernel")
      }
    return #"{"name": "\#(name)", "cat": "\#(category)", "ph": "X", "pid": 0, "tid": \#(thread), "#
      + #""ts": \#(Self.microseconds(span.lowerBound - origin)), "#
      + #""dur": \#(Self.microseconds(Int64(span.count))), "args": {"step": \#(step)}}"#
  }

  private static func microseconds(_ nanoseconds: Int64) -> String {
    FixedPoint.text(Double(nanoseconds) * 1e-3, 3)
  }
}
