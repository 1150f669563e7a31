//! The time that this thread has had the processor, so that other programs on the machine don't slow a figure down.
//! Must never be read by a model.

use std::time::Duration;

/// The processor time of this thread so far.
#[cfg(unix)]
pub(super) fn thread_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.try_into().unwrap_or(0), now.tv_nsec.try_into().unwrap_or(0))
}

/// Where threads have no clock of their own, the time that passes.
#[cfg(not(unix))]
pub(super) fn thread_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}
