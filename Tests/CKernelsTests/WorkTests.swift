import CKernels
import Foundation
import Testing

/// Who did which item, and what threads keep of it: shared by the threads of a test.
private final class Work: @unchecked Sendable {
  let items: Int
  let threads: Int
  let length: Int
  let done: UnsafeMutablePointer<Int32>
  private let lines: UnsafeMutableRawPointer
  private let stride = 192

  /// Items in runs of `length`.
  init(items: Int, threads: Int, length: Int = 1) {
    (self.items, self.threads, self.length) = (items, threads, length)
    done = .allocate(capacity: max(1, items))
    done.initialize(repeating: 0, count: max(1, items))
    lines = .allocate(byteCount: stride * threads, alignment: 64)
    memset(lines, 0, stride * threads)
  }

  deinit {
    done.deallocate()
    lines.deallocate()
  }

  /// What the thread gets in a step, from the second of three queues; each item takes it `delay`.
  func run(_ thread: Int, step: Int, delay: useconds_t = 0) -> [Range<Int>] {
    var queues = dlc_queues(
      lines: lines.assumingMemoryBound(to: CChar.self), stride: stride, step: step)
    var parts: [Range<Int>] = []
    var (since, begin, end) = (-1, 0, 0)
    let (thread, threads) = (Int32(thread), Int32(threads))
    while dlc_take(&queues, 1, items, length, thread, threads, &since, &begin, &end) != 0 {
      parts.append(begin..<end)
      #expect(since <= begin)
      #expect((since..<begin).allSatisfy { item in parts.contains { $0.contains(item) } })
      for item in begin..<end {
        // Every item has one owner; two would be seen as a count of 2.
        done[item] += 1
        if delay > 0 { usleep(delay) }
      }
    }
    return parts
  }

  func isDone(times: Int) -> Bool { (0..<items).allSatisfy { done[$0] == times } }
}

@Suite struct WorkTests {
  @Test(arguments: 1...4) func everyItemOnceAStep(_ threads: Int) {
    for items in [0, 1, 2, 3, 7, 48, 1000] {
      for length in [1, 5, 16] {
        let work = Work(items: items, threads: threads, length: length)
        for step in 1...50 {
          DispatchQueue.concurrentPerform(iterations: threads) { thread in
            _ = work.run(thread, step: step)
          }
          #expect(
            work.isDone(times: step),
            "\(items) items in runs of \(length), \(threads) threads, step \(step)")
        }
      }
    }
  }

  /// Alone, a thread does its share in a few parts, then the other's, whose owner finds nothing.
  @Test func sharesComeFirst() {
    let work = Work(items: 96, threads: 2)
    let parts = work.run(1, step: 7)
    #expect(parts.first == 48..<84)
    #expect(parts.prefix { $0.lowerBound >= 48 }.map(\.count).reduce(0, +) == 48)
    #expect(parts.count < 12)
    #expect(work.isDone(times: 1))
    #expect(work.run(0, step: 7).isEmpty)
    #expect(work.run(0, step: 8).first == 0..<36)
  }

  /// Where items are in runs, parts end where runs do, but for the ends of shares.
  @Test func runsStayWhole() {
    let work = Work(items: 100, threads: 2, length: 16)
    let parts = work.run(1, step: 1)
    #expect(parts.prefix(4) == [50..<64, 64..<80, 80..<96, 96..<100])
    #expect(parts.dropFirst(4) == [32..<50, 16..<32, 0..<16])
    #expect(work.isDone(times: 1))
  }

  @Test func oneThreadGetsAllAtOnce() {
    #expect(Work(items: 1000, threads: 1).run(0, step: 1) == [0..<1000])
    #expect(Work(items: 100, threads: 1, length: 16).run(0, step: 1) == [0..<100])
  }

  /// Shares with more items than a word counts.
  @Test func manyItems() {
    let work = Work(items: 10_000_000, threads: 2)
    _ = work.run(0, step: 1)
    #expect(work.isDone(times: 1))
  }

  /// A thread whose items take long leaves part of its share to the other.
  @Test func slowThreadsAreHelped() {
    let work = Work(items: 80, threads: 2)
    let slow = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var slowParts: [Range<Int>] = []
    Thread.detachNewThread {
      slowParts = work.run(0, step: 1, delay: 5000)
      slow.signal()
    }
    // The slow thread has its first part before the other one looks.
    usleep(20_000)
    let parts = work.run(1, step: 1)
    slow.wait()
    #expect(work.isDone(times: 1))
    #expect(parts.contains { $0.upperBound == 40 })
    #expect(slowParts.map(\.count).reduce(0, +) < 40)
  }
}
