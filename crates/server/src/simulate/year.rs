//! The simulated time: when each customer comes, what follows from what they bought, and when they change their mind.
//! Customers are independent of each other, so that any number of them streams without being held in memory.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::catalogue::CatalogueError;
use super::chance::Chance;
use super::message::{Message, Page, Pen, landing};
use super::person::{Choices, Person, SPORTS, check_names};
use super::samples::{dress, sure_purchases};
use super::shop::{Shop, json};
use super::visit::{Aim, Bill, answer, play, refund};

/// Why a simulation can't begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimulationError {
    /// The demo shop's files hold a mistake.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The time zone or the dates can't be worked with.
    #[error("can't simulate {days} days from `{start}`: {reason}")]
    Dates {
        /// First day asked for.
        start: Date,
        /// Number of days asked for.
        days: u32,
        /// Why not.
        reason: String,
    },
}

/// A simulated time of the demo shop.
///
/// As an iterator it streams customer by customer: in time order within each, without holding more than one customer.
/// [`Simulation::in_time_order`] sorts everything instead, for sizes that fit into memory (about 1 kB a message).
/// A customer's messages depend on the seed, the customer's number, the start and the days, not on how many others
/// there are. The first three customers are the [`sample_customers`](super::sample_customers).
pub struct Simulation {
    seed: u64,
    customers: u64,
    time: Time,
    shop: &'static Shop,
    next: u64,
    ready: std::vec::IntoIter<Message>,
}

/// The bounds of the simulated time.
struct Time {
    start: Date,
    days: u32,
    zone: TimeZone,
    end: i64,
}

impl Simulation {
    /// Prepares a simulation of `customers` customers over `days` days from `start` (New Zealand's calendar).
    ///
    /// # Errors
    /// A mistake in the demo shop's files, or dates outside the calendar's range (years −9999 to 9999).
    pub fn new(seed: u64, customers: u64, start: Date, days: u32) -> Result<Self, SimulationError> {
        check_names()?;
        let shop = Shop::open()?;
        let time = Time::new(start, days).map_err(|error| SimulationError::Dates {
            start,
            days,
            reason: error.to_string(),
        })?;
        Ok(Self { seed, customers, time, shop, next: 0, ready: Vec::new().into_iter() })
    }

    /// Every message, all customers together, in the order of time.
    pub fn in_time_order(self) -> Vec<Message> {
        let mut all: Vec<Message> = self.collect();
        // Stable, so that equal times keep the customers' order and the same seed yields the same bytes.
        all.sort_by_key(|message| message.at);
        all
    }
}

impl Iterator for Simulation {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.ready.next() {
                return Some(message);
            }
            if self.next >= self.customers {
                return None;
            }
            self.ready = Life::new(self.seed, self.next, &self.time, self.shop).live().into_iter();
            self.next += 1;
        }
    }
}

const DAY: f64 = 86_400_000.0;

/// How much of each sport there is in each month, January first: paddling in summer, running in spring and autumn.
const SEASONS: [[f64; 12]; 5] = [
    [1.2, 1.2, 1.1, 1.0, 0.8, 0.6, 0.6, 0.7, 0.9, 1.1, 1.2, 1.3],
    [1.1, 1.1, 1.1, 1.0, 0.9, 0.7, 0.7, 0.8, 1.0, 1.1, 1.1, 1.1],
    [1.4, 1.3, 1.2, 1.1, 0.7, 0.5, 0.5, 0.6, 0.8, 1.0, 1.2, 1.4],
    [1.9, 1.7, 1.2, 0.7, 0.4, 0.25, 0.25, 0.3, 0.6, 1.0, 1.5, 1.9],
    [0.8, 0.9, 1.1, 1.2, 1.1, 0.9, 0.9, 1.1, 1.3, 1.2, 0.9, 0.8],
];
const BUSIEST: f64 = 1.9;

/// How likely a visit begins in each hour of the day.
const HOURS: [f64; 24] = [
    0.3, 0.1, 0.05, 0.05, 0.1, 0.4, 1.2, 2.2, 2.5, 2.4, 2.5, 2.7, 3.2, 2.8, 2.4, 2.4, 2.6, 3.0, 3.6, 4.8,
    5.2, 4.4, 2.6, 1.0,
];

fn season(sport: &str, month: i8) -> f64 {
    let at = SPORTS.iter().position(|name| *name == sport);
    let month = usize::try_from(month - 1).unwrap_or(0);
    at.and_then(|at| SEASONS.get(at)).and_then(|year| year.get(month)).copied().unwrap_or(1.0)
}

impl Time {
    fn new(start: Date, days: u32) -> Result<Time, jiff::Error> {
        // New Zealand's rule written out, so that no time zone database is needed.
        let zone = TimeZone::posix("NZST-12NZDT,M9.5.0,M4.1.0/3")?;
        let end = start.checked_add(i64::from(days).days())?;
        let end = end.to_zoned(zone.clone())?.timestamp().as_millisecond();
        Ok(Time { start, days, zone, end })
    }

    /// A moment on the given day (counted from the start, with a fraction that is ignored), at a likely hour.
    fn moment(&self, day: f64, chance: &mut Chance) -> Option<i64> {
        let date = self.start.checked_add((day.max(0.0) as i64).days()).ok()?;
        let hour = i8::try_from(chance.weighted(HOURS.iter().copied())).ok()?;
        let within = (chance.unit() * 3_600_000.0) as i64;
        Some(date.at(hour, 0, 0, 0).to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond() + within)
    }

    fn month(&self, day: f64) -> i8 {
        self.start.checked_add((day.max(0.0) as i64).days()).map_or(1, Date::month)
    }
}

/// Something that will happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Plan {
    Visit(Aim),
    Refund(usize),
    ChangeMind(usize),
}

/// One customer through the simulated time.
struct Life<'a> {
    number: u64,
    time: &'a Time,
    shop: &'static Shop,
    person: Person,
    chance: Chance,
    agenda: BinaryHeap<Reverse<(i64, Plan)>>,
    favourites: Vec<usize>,
    owned: BTreeSet<usize>,
    bills: Vec<Bill>,
    out: Vec<Message>,
}

impl<'a> Life<'a> {
    fn new(seed: u64, number: u64, time: &'a Time, shop: &'static Shop) -> Self {
        let mut chance = Chance::of_customer(seed, number);
        let mut person = Person::random(seed, number, &mut chance);
        let sample = dress(number, &mut person, &mut chance).is_some();
        let mut life = Life {
            number,
            time,
            shop,
            person,
            chance,
            agenda: BinaryHeap::new(),
            favourites: Vec::new(),
            owned: BTreeSet::new(),
            bills: Vec::new(),
            out: Vec::new(),
        };
        life.choose_favourites();
        let days = f64::from(time.days);
        let joined = match () {
            () if sample => 0.0,
            () if life.chance.happens(0.5) => life.chance.between(0.0, 0.12) * days,
            () => life.chance.between(0.0, 0.75) * days,
        };
        life.plan_visits(joined);
        for (part, path) in sure_purchases(number) {
            life.plan(part * days, Plan::Visit(Aim::Decided(shop.shelf_number(path))));
        }
        if !sample {
            life.plan_changes_of_mind(joined);
        }
        life
    }

    /// Three shelves that this customer returns to.
    fn choose_favourites(&mut self) {
        for _ in 0..3 {
            let sport = self.chance.weighted(self.person.sports.iter().map(|(_, weight)| *weight));
            let Some((sport, _)) = self.person.sports.get(sport) else { continue };
            let shelves = self.shop.shelves.iter().enumerate().filter(|(_, shelf)| shelf.sport == *sport);
            let shelves: Vec<usize> = shelves.map(|(number, _)| number).collect();
            self.favourites.extend(self.chance.pick(&shelves));
        }
    }

    /// Adds something to the agenda if it falls within the simulated time.
    fn plan(&mut self, day: f64, what: Plan) {
        if day < f64::from(self.time.days)
            && let Some(at) = self.time.moment(day, &mut self.chance)
        {
            self.agenda.push(Reverse((at, what)));
        }
    }

    fn plan_visits(&mut self, joined: f64) {
        let days = f64::from(self.time.days);
        let mean = 365.0 / (self.person.visits_a_year * BUSIEST);
        let mut day = joined;
        let mut first = true;
        while day < days {
            let month = self.time.month(day);
            let weights: Vec<f64> =
                self.person.sports.iter().map(|(sport, weight)| weight * season(sport, month)).collect();
            let whole: f64 = self.person.sports.iter().map(|(_, weight)| weight).sum();
            let busy = weights.iter().sum::<f64>() / whole.max(0.01) / BUSIEST;
            if first || self.chance.happens(busy) {
                let sport = self.chance.weighted(weights.iter().copied());
                let shelf = self.shelf_for(sport);
                self.plan(day, Plan::Visit(Aim::Wander(shelf)));
                first = false;
            }
            day += self.chance.waiting(mean);
        }
    }

    /// A shelf of a sport: rather a favourite, sometimes sun cream and the like.
    fn shelf_for(&mut self, sport: usize) -> usize {
        let sport = self.person.sports.get(sport).map_or("bikes", |(sport, _)| *sport);
        let of = |name: &str| -> Vec<usize> {
            let shelves = self.shop.shelves.iter().enumerate();
            shelves.filter(|(_, shelf)| shelf.sport == name).map(|(number, _)| number).collect()
        };
        let liked: Vec<usize> =
            of(sport).into_iter().filter(|shelf| self.favourites.contains(shelf)).collect();
        let from = match self.chance.weighted([0.6, 0.32, 0.08].into_iter()) {
            0 if !liked.is_empty() => liked,
            2 => of("essentials"),
            _ => of(sport),
        };
        self.chance.pick(&from).copied().unwrap_or(0)
    }

    /// Some who agreed withdraw, and a few who refused come round, at most twice.
    fn plan_changes_of_mind(&mut self, joined: f64) {
        let likely = if self.person.choices == Choices::NONE { 0.05 } else { 0.11 };
        let days = f64::from(self.time.days);
        if self.chance.happens(likely * days / 365.0) {
            let day = self.chance.between(joined + 1.0, days.max(joined + 1.0));
            self.plan(day, Plan::ChangeMind(0));
            if self.chance.happens(0.15) {
                let day = self.chance.between(day, days.max(day));
                self.plan(day, Plan::ChangeMind(1));
            }
        }
    }

    /// Plays the agenda to its end; yields the messages in the order of time.
    fn live(mut self) -> Vec<Message> {
        let mut choices = Choices::NONE;
        let mut known = false;
        let mut visited = false;
        let mut busy_until = i64::MIN;
        // A visit never runs past the end, as none is longer than an hour and a half.
        let last_start = self.time.end - 5_400_000;
        while let Some(Reverse((planned, plan))) = self.agenda.pop() {
            let clock = planned.max(busy_until);
            if clock > last_start {
                continue;
            }
            // On one's own device one stays signed in, mostly.
            let signed_in = known && (matches!(plan, Plan::Refund(_)) || self.chance.happens(0.85));
            let mut out = std::mem::take(&mut self.out);
            let page = landing(&self.person, choices, signed_in, &mut self.chance);
            let mut pen = Pen {
                session: format!("{:016x}", self.chance.bits()),
                address: self.chance.below(2),
                out: &mut out,
                chance: &mut self.chance,
                person: &self.person,
                clock,
                choices,
                known: signed_in,
                page,
            };
            let mut bill = None;
            match plan {
                Plan::Refund(number) => {
                    if let Some(bill) = self.bills.get(number) {
                        refund(&mut pen, self.shop, bill);
                    }
                }
                Plan::ChangeMind(_) if visited => {
                    pen.page = Page { path: "/privacy".to_owned(), title: json("Your privacy"), ..pen.page };
                    pen.report_page("");
                    let changed = changed_mind(&self.person, choices, pen.chance);
                    answer(&mut pen, changed);
                }
                Plan::ChangeMind(_) => {}
                Plan::Visit(aim) => {
                    pen.report_page("");
                    if !visited {
                        answer(&mut pen, self.person.choices);
                        visited = true;
                    }
                    if known && !signed_in && pen.chance.happens(0.5) {
                        pen.identify();
                    }
                    let order = format!("TUI-{:07}-{:03}", self.number, self.bills.len() + 1);
                    bill = play(&mut pen, self.shop, aim, &self.owned, &order);
                }
            }
            choices = pen.choices;
            known = known || pen.known;
            busy_until = pen.clock + 1_200_000;
            let ended = pen.clock;
            self.out = out;
            if let Some(bill) = bill {
                self.follow(bill, ended);
            }
        }
        self.out
    }

    /// What follows from an order: more of what is used up, what belongs to it, reading, and now and then a return.
    fn follow(&mut self, bill: Bill, at: i64) {
        let start =
            self.time.start.to_zoned(self.time.zone.clone()).map_or(Timestamp::UNIX_EPOCH, |z| z.timestamp());
        let today = (at - start.as_millisecond()) as f64 / DAY;
        let shop = self.shop;
        for (number, _) in &bill.lines {
            let Some(ware) = shop.wares.get(*number) else { continue };
            let Some(shelf) = shop.shelves.get(ware.shelf) else { continue };
            self.owned.insert(*number);
            let days = f64::from(shelf.reorder_days.unwrap_or(0));
            let shoes = matches!(shelf.path.as_str(), "running/road-shoes" | "running/trail-shoes");
            if shoes && self.chance.happens(0.75) {
                let day = today + self.chance.between(days - 25.0, days + 25.0);
                self.plan(day, Plan::Visit(Aim::Again(*number)));
            } else if ware.product.consumable && self.chance.happens(0.72) {
                let day = today + days * self.person.pace * self.chance.between(0.87, 1.13);
                self.plan(day, Plan::Visit(Aim::Again(*number)));
            }
            if shelf.path == "bikes/e-bikes" {
                self.follow_e_bike(ware.shelf, today);
            } else if ware.product.price_cents > 15_000
                && self.chance.happens(0.25)
                && let Some(companion) = self.chance.pick(&shelf.goes_with)
            {
                let day = today + self.chance.between(4.0, 30.0);
                self.plan(day, Plan::Visit(Aim::Need(*companion)));
            }
        }
        let sized =
            bill.lines.iter().any(|(n, _)| shop.wares.get(*n).is_some_and(|w| w.product.sizes.is_some()));
        let number = self.bills.len();
        self.bills.push(bill);
        if self.chance.happens(if sized { 0.08 } else { 0.03 }) {
            let day = today + self.chance.between(3.0, 20.0);
            self.plan(day, Plan::Refund(number));
        }
    }

    /// A new e-bike asks for tracks to ride, then for a lock and lights, later for tubes.
    fn follow_e_bike(&mut self, shelf: usize, today: f64) {
        for (likely, from, to, aim) in [
            (0.9, 2.0, 9.0, Aim::Read(shelf)),
            (0.7, 15.0, 40.0, Aim::Read(shelf)),
            (0.8, 2.0, 14.0, Aim::Need(self.shop.shelf_number("bikes/lights-and-locks"))),
            (0.6, 60.0, 120.0, Aim::Need(self.shop.shelf_number("bikes/bike-parts"))),
        ] {
            if self.chance.happens(likely) {
                let day = today + self.chance.between(from, to);
                self.plan(day, Plan::Visit(aim));
            }
        }
    }
}

/// The answers after a change of mind: half of those who agreed withdraw everything, the others a part.
fn changed_mind(person: &Person, before: Choices, chance: &mut Chance) -> Choices {
    let after = match before {
        Choices::NONE if chance.happens(0.5) => Choices::ALL,
        Choices::NONE => Choices::mixed(chance),
        _ if chance.happens(0.5) => Choices::NONE,
        _ => Choices { offers: false, personalised_pricing: false, analytics: false, ..before },
    };
    if person.privacy_control { after.under_privacy_control() } else { after }
}

#[cfg(test)]
#[path = "year_tests.rs"]
mod tests;
