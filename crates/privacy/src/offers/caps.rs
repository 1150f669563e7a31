//! Frequency caps: at most so many offers in any 24 hours, any 7 days, any 30 days, on one channel and on all together.
//!
//! INVARIANT: a span slides, so that no stretch of time of that length ever holds more than the cap, wherever a calendar
//! would draw its lines. What is held for somebody counts like what was sent.

use std::collections::BTreeMap;

use super::Channel;
use crate::data::Millis;

/// A length of time over which offers are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    /// 24 hours.
    Day,
    /// 7 times 24 hours.
    Week,
    /// 30 times 24 hours.
    Month,
}

impl Span {
    /// Every span, the shortest first.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// Its word in `equipoise.toml`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Its length in days of 24 hours.
    #[must_use]
    pub const fn days(self) -> u32 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
        }
    }

    const fn millis(self) -> Millis {
        self.days() as Millis * 86_400_000
    }
}

/// An offer that was sent, or for which a place is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: Millis,
    /// On which channel.
    pub channel: Channel,
}

/// How many offers may reach one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caps {
    /// On all channels that reach out, together.
    pub together: BTreeMap<Span, u32>,
    /// On one channel.
    pub by_channel: BTreeMap<Channel, BTreeMap<Span, u32>>,
}

/// A cap that stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CapReached {
    /// How many it allows.
    pub at_most: u32,
    /// In which span.
    pub span: Span,
    /// On which channel; none if it counts all together.
    pub channel: Option<Channel>,
    /// The first moment at which no cap stands in the way any more, if nothing else is sent until then; none if that
    /// never comes.
    pub until: Option<Millis>,
}

impl Caps {
    /// What holds where the shop says nothing: on all channels 1 a day, 3 a week, 8 a month; of these at most 2 e-mails,
    /// 1 text message and 2 notifications a week, 1 letter a month. On the shop's own pages 3 a day.
    ///
    /// ```
    /// use privacy::offers::{Caps, Span};
    /// assert_eq!(Caps::usual().together[&Span::Week], 3);
    /// ```
    #[must_use]
    pub fn usual() -> Self {
        let together = BTreeMap::from([(Span::Day, 1), (Span::Week, 3), (Span::Month, 8)]);
        let by_channel = [
            (Channel::Email, BTreeMap::from([(Span::Week, 2)])),
            (Channel::Sms, BTreeMap::from([(Span::Week, 1), (Span::Month, 2)])),
            (Channel::Push, BTreeMap::from([(Span::Week, 2)])),
            (Channel::Post, BTreeMap::from([(Span::Month, 1)])),
            (Channel::OnSite, BTreeMap::from([(Span::Day, 3)])),
        ];
        Self { together, by_channel: by_channel.into() }
    }

    /// The longest span over which anything is counted, in days.
    #[must_use]
    pub fn longest_days(&self) -> u32 {
        let spans = self.together.keys().chain(self.by_channel.values().flat_map(BTreeMap::keys));
        spans.map(|span| span.days()).max().unwrap_or(0)
    }

    /// Whether one more may be sent on `channel` now, after what was `sent` before.
    ///
    /// # Errors
    /// The [`CapReached`] that keeps it back longest.
    ///
    /// ```
    /// use privacy::offers::{Caps, Channel, Sent};
    /// let caps = Caps::usual();
    /// let yesterday = Sent { at: 0, channel: Channel::Email };
    /// assert!(caps.check(Channel::Sms, &[yesterday], 86_400_000).is_ok());
    /// let full = caps.check(Channel::Sms, &[yesterday], 86_399_999).unwrap_err();
    /// assert_eq!(full.until, Some(86_400_000));
    /// ```
    pub fn check(&self, channel: Channel, sent: &[Sent], now: Millis) -> Result<(), CapReached> {
        let own = self.by_channel.get(&channel).into_iter().flatten();
        let own = own.map(|(span, at_most)| (Some(channel), *span, *at_most));
        let together = self.together.iter().filter(|_| channel.reaches_out());
        let together = together.map(|(span, at_most)| (None, *span, *at_most));
        let mut worst: Option<CapReached> = None;
        for (counted, span, at_most) in own.chain(together) {
            let counts = |one: &&Sent| match counted {
                Some(channel) => one.channel == channel,
                None => one.channel.reaches_out(),
            };
            // What bears a later time than now counts too: a clock may have been set back.
            let from = now.saturating_sub(span.millis());
            let mut times: Vec<Millis> =
                sent.iter().filter(counts).map(|one| one.at).filter(|at| *at > from).collect();
            if times.len() < at_most as usize {
                continue;
            }
            times.sort_unstable_by(|a, b| b.cmp(a));
            // Of the newest `at_most`, the oldest has to fall out of the span first.
            let until = at_most
                .checked_sub(1)
                .and_then(|place| times.get(place as usize))
                .map(|at| at.saturating_add(span.millis()));
            let reached = CapReached { at_most, span, channel: counted, until };
            let longer = |known: &CapReached| match (known.until, until) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(known), Some(until)) => until > known,
            };
            if worst.as_ref().is_none_or(longer) {
                worst = Some(reached);
            }
        }
        worst.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Millis = 3_600_000;

    fn any_caps() -> impl Strategy<Value = Caps> {
        let spans = || {
            proptest::collection::btree_map(
                prop_oneof![Just(Span::Day), Just(Span::Week), Just(Span::Month)],
                0_u32..5,
                0..4,
            )
        };
        (spans(), proptest::collection::btree_map(any_channel(), spans(), 0..4))
            .prop_map(|(together, by_channel)| Caps { together, by_channel })
    }

    fn any_channel() -> impl Strategy<Value = Channel> {
        proptest::sample::select(Channel::ALL.to_vec())
    }

    /// The most that any stretch of this length ever holds.
    fn fullest(times: &[Millis], length: Millis) -> usize {
        times
            .iter()
            .map(|end| times.iter().filter(|at| **at <= *end && **at > end - length).count())
            .max()
            .unwrap_or(0)
    }

    proptest! {
        #[test]
        fn no_stretch_of_time_ever_holds_more_than_the_cap(
            caps in any_caps(),
            asked in proptest::collection::vec((any_channel(), 0_i64..60 * HOUR), 0..60),
        ) {
            let (mut now, mut sent) = (0, Vec::new());
            for (channel, pause) in asked {
                now += pause;
                match caps.check(channel, &sent, now) {
                    Ok(()) => sent.push(Sent { at: now, channel }),
                    Err(reached) => {
                        if let Some(until) = reached.until {
                            prop_assert!(until > now);
                            prop_assert!(caps.check(channel, &sent, until - 1).is_err(), "it is no later than it needs");
                            prop_assert!(caps.check(channel, &sent, until).is_ok(), "then it may");
                        } else {
                            prop_assert!(caps.check(channel, &[], now).is_err(), "never means never");
                        }
                    }
                }
            }
            let times = |counts: &dyn Fn(Channel) -> bool| -> Vec<Millis> {
                sent.iter().filter(|one| counts(one.channel)).map(|one| one.at).collect()
            };
            for (span, at_most) in &caps.together {
                prop_assert!(fullest(&times(&Channel::reaches_out), span.millis()) <= *at_most as usize);
            }
            for (channel, spans) in &caps.by_channel {
                for (span, at_most) in spans {
                    prop_assert!(fullest(&times(&|one| one == *channel), span.millis()) <= *at_most as usize);
                }
            }
        }
    }

    #[test]
    fn pages_of_the_shop_do_not_use_up_what_reaches_out() {
        let caps = Caps::usual();
        let shown = [Sent { at: 0, channel: Channel::OnSite }; 3];
        assert!(caps.check(Channel::Email, &shown, HOUR).is_ok());
        assert_eq!(caps.check(Channel::OnSite, &shown, HOUR).unwrap_err().channel, Some(Channel::OnSite));
        let mailed = [Sent { at: 0, channel: Channel::Email }];
        assert!(caps.check(Channel::OnSite, &mailed, HOUR).is_ok());
    }

    #[test]
    fn clock_that_was_set_back_opens_nothing() {
        let later = [Sent { at: 100 * HOUR, channel: Channel::Email }];
        assert!(Caps::usual().check(Channel::Email, &later, HOUR).is_err());
    }
}
