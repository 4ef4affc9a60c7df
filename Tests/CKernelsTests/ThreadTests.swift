import CKernels
import Foundation
import Testing

/// What the threads of one test share: each writes its own counters only between barriers.
private final class Meeting: @unchecked Sendable {
  let threads: Int
  let state: UnsafeMutablePointer<dlc_barrier_state>
  let counters: UnsafeMutablePointer<Int>
  let mistakes: UnsafeMutablePointer<Int>

  init(threads: Int) {
    self.threads = threads
    state = .allocate(capacity: 1)
    state.initialize(to: dlc_barrier_state())
    counters = .allocate(capacity: threads)
    counters.initialize(repeating: 0, count: threads)
    mistakes = .allocate(capacity: threads)
    mistakes.initialize(repeating: 0, count: threads)
  }

  deinit {
    state.deallocate()
    counters.deallocate()
    mistakes.deallocate()
  }

  /// After each barrier every counter must show the same round.
  func run(_ thread: Int, rounds: Int) {
    for round in 1...rounds {
      counters[thread] = round
      dlc_barrier(state, Int32(threads))
      for other in 0..<threads where counters[other] != round { mistakes[thread] += 1 }
      dlc_barrier(state, Int32(threads))
    }
  }
}

@Suite struct ThreadTests {
  @Test(arguments: 1...4) func everyoneMeets(_ threads: Int) {
    let meeting = Meeting(threads: threads)
    let rounds = 300
    let others = (1..<max(threads, 1)).map { thread in
      let done = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        meeting.run(thread, rounds: rounds)
        done.signal()
      }
      return done
    }
    meeting.run(0, rounds: rounds)
    for done in others { done.wait() }
    #expect((0..<threads).allSatisfy { meeting.mistakes[$0] == 0 })
    #expect((0..<threads).allSatisfy { meeting.counters[$0] == rounds })
  }

  @Test func sharesCoverEverythingOnce() {
    for items in [0, 1, 2, 7, 8, 100] {
      for threads in 1...5 {
        var next = 0
        for thread in 0..<threads {
          var begin = -1
          var end = -1
          dlc_share(items, Int32(thread), Int32(threads), &begin, &end)
          #expect(begin == next)
          #expect(end - begin == items / threads || end - begin == items / threads + 1)
          next = end
        }
        #expect(next == items)
      }
    }
  }
}
