//! From files to a report: read, learn, ask, and ask again with some who refuse.
//! It must never look at the test part before every model and weight stands.

use std::path::PathBuf;

use models::evaluate::{Bootstrap, Repeats};

use super::arguments::{Data, Dials};
use super::blend::{self, Blend, Learned};
use super::clock::thread_time;
use super::contender::{Contender, Fitted, Serving, Shared};
use super::customers::Customers;
use super::exam::{Exam, Training};
use super::measure::{Column, Measured, Measures, Metric, measure};
use super::progress::Progress;
use super::read::{self, Counted, Numbers};
use super::refusal::Experiment;
use super::report::{Curve, Difference, Report, Row, Table};
use super::visits::Visits;
use super::{EvaluateError, conventions, of_customers, of_visits};

/// How often units are drawn for an interval.
pub(super) const ROUNDS: u32 = 1000;
const LEVEL: f64 = 0.95;

/// A report, and how it was asked for.
pub struct Output {
    /// What was found.
    pub report: Report,
    /// What goes to standard output.
    pub told: String,
    /// Where the page was written, if one was asked for.
    pub page: Option<PathBuf>,
}

pub(super) fn run(data: &Data) -> Result<Output, EvaluateError> {
    let progress = Progress::new();
    let (report, dials) = match data {
        Data::Sessions { train, test, dials } => {
            let mut numbers = Numbers::default();
            let train = read::sessions(train, &mut numbers, 0, &progress)?;
            let test = read::sessions(test, &mut numbers, train.visits.len() as u64, &progress)?;
            (of_sessions(&train, &test, dials, &progress)?, dials)
        }
        Data::Transactions { file, dials } => {
            let (shop, counted) = read::transactions(file, &progress)?;
            let told =
                Told { situation: "transactions", title: "What will each customer buy next?", ks: &[20] };
            (of_shop(&shop, counted, &told, dials, &progress)?, dials)
        }
        Data::Baskets { history, future, dials } => {
            let (shop, counted) = read::baskets(history, future, &progress)?;
            let told = Told {
                situation: "baskets",
                title: "What is in each customer's next basket?",
                ks: &[10, 20],
            };
            (of_shop(&shop, counted, &told, dials, &progress)?, dials)
        }
        Data::Sequences { file, dials } => {
            let (shop, counted) = read::sequences(file, &progress)?;
            let told = Told { situation: "sequences", title: "What comes next?", ks: &[10, 20] };
            (of_shop(&shop, counted, &told, dials, &progress)?, dials)
        }
    };
    progress.end();
    if let Some(path) = &dials.html {
        std::fs::write(path, report.html().into_string())
            .map_err(|error| EvaluateError::Report(path.clone(), error))?;
    }
    let told = if dials.json { format!("{:#}", report.json()) } else { report.text() };
    Ok(Output { report, told, page: dials.html.clone() })
}

fn of_sessions(
    train: &Visits,
    test: &Visits,
    dials: &Dials,
    progress: &Progress,
) -> Result<Report, EvaluateError> {
    let known = train.known();
    let exam = test.exam(|item| known.get(item.index()) == Some(&true));
    if exam.asked.is_empty() {
        return Err(EvaluateError::NothingToAsk);
    }
    let metrics =
        [Metric::HitRate, Metric::ReciprocalRank, Metric::Recall, Metric::RecallDistinct, Metric::Ndcg];
    let game = Game {
        training: train,
        contenders: chosen(of_visits::contenders(), dials)?,
        popularity: of_visits::popularity,
        servings: of_visits::servings(),
        columns: metrics.map(|metric| Column { metric, k: 20 }).to_vec(),
        headline: 0,
        unit_word: "visits",
        dials,
    };
    let fitted = game.fit(progress);
    let view = View { key: "next", title: "The next item", view: (), exam: &exam };
    let tables = vec![game.table(&view, &fitted, progress)?];
    let clicks = |log: &Visits| log.visits.iter().map(|visit| visit.items.len() as u64).sum();
    Ok(Report {
        situation: "sessions",
        title: "What next in this visit?",
        conventions: conventions::of_sessions(dials.seed),
        data: vec![
            Counted::new("visits to learn from", train.units()),
            Counted::new("their clicks", clicks(train)),
            Counted::new("items in them", known.iter().filter(|known| **known).count() as u64),
            Counted::new("visits of the test file", test.units()),
            Counted::new("their clicks, unknown items included", clicks(test)),
        ],
        seed: dials.seed,
        tables,
    })
}

/// How a form of data about customers is spoken of.
struct Told {
    situation: &'static str,
    title: &'static str,
    ks: &'static [usize],
}

fn of_shop(
    shop: &Customers,
    data: Vec<Counted>,
    told: &Told,
    dials: &Dials,
    progress: &Progress,
) -> Result<Report, EvaluateError> {
    let known = shop.known();
    let known = |item: models::recommend::ItemId| known.get(item.index()) == Some(&true);
    let metrics = [Metric::HitRate, Metric::ReciprocalRank, Metric::Recall, Metric::Ndcg];
    let columns: Vec<Column> =
        told.ks.iter().flat_map(|k| metrics.map(|metric| Column { metric, k: *k })).collect();
    let game = Game {
        training: shop,
        contenders: chosen(of_customers::contenders(shop.items, shop.time), dials)?,
        popularity: of_customers::popularity,
        servings: of_customers::servings(shop.time),
        headline: columns.iter().rposition(|column| column.metric == Metric::Recall).unwrap_or(0),
        columns,
        unit_word: "customers",
        dials,
    };
    let fitted = game.fit(progress);
    let mut tables = Vec::new();
    for (key, title, repeats) in [
        ("repeats", "Anything, bought before or not", Repeats::Allowed),
        ("new", "Only what the customer never had", Repeats::NewOnly),
    ] {
        let exam = shop.exam(repeats, known);
        if !exam.asked.is_empty() {
            tables.push(game.table(&View { key, title, view: repeats, exam: &exam }, &fitted, progress)?);
        }
    }
    if tables.is_empty() {
        return Err(EvaluateError::NothingToAsk);
    }
    Ok(Report {
        situation: told.situation,
        title: told.title,
        conventions: conventions::of_shop(told.situation, dials.seed),
        data,
        seed: dials.seed,
        tables,
    })
}

/// The models that `--only` leaves. All are needed for a blend that isn't a model of its own.
fn chosen<T, Q>(
    contenders: Vec<Contender<T, Q>>,
    dials: &Dials,
) -> Result<Vec<Contender<T, Q>>, EvaluateError> {
    let Some(only) = dials.only.as_deref() else { return Ok(contenders) };
    let mut names: Vec<&'static str> = contenders.iter().map(|one| one.name).collect();
    if !names.contains(&only) && only == blend::NAME {
        return Ok(contenders);
    }
    let chosen: Vec<_> = contenders.into_iter().filter(|one| one.name == only).collect();
    if chosen.is_empty() {
        names.retain(|name| *name != blend::NAME);
        names.push(blend::NAME);
        return Err(EvaluateError::Model(only.to_owned(), names));
    }
    Ok(chosen)
}

/// A training part and the models that compete on it.
struct Game<'a, T: Training> {
    training: &'a T,
    contenders: Vec<Contender<T, T::Question>>,
    popularity: fn(&T) -> Shared<T::Question>,
    servings: Vec<Serving<T, T::Question>>,
    columns: Vec<Column>,
    headline: usize,
    unit_word: &'static str,
    dials: &'a Dials,
}

/// One table: which questions count.
struct View<'a, T: Training> {
    key: &'static str,
    title: &'static str,
    view: T::View,
    exam: &'a Exam<T::Question>,
}

/// A model that has learned, and the processor seconds that it took.
struct Ready<Q> {
    fitted: Shared<Q>,
    seconds: f64,
}

/// The models that learned from all of the training part, and those for the blend from its earlier part.
struct AllReady<Q> {
    whole: Vec<Ready<Q>>,
    earlier: Vec<(&'static str, Shared<Q>)>,
}

impl<T: Training> Game<'_, T> {
    /// Whether the models are to be blended here: one of them may be a blend of its own.
    fn blends(&self) -> bool {
        let wanted = self.dials.only.as_deref().is_none_or(|only| only == blend::NAME);
        wanted && self.contenders.iter().all(|one| one.name != blend::NAME)
    }

    fn fit(&self, progress: &Progress) -> AllReady<T::Question> {
        let steps = self.contenders.len() as u64;
        let fit = |training: &T, part: &str| -> Vec<Ready<T::Question>> {
            let one = |(done, contender): (u64, &Contender<T, T::Question>)| {
                progress.begin(format!("learning from {part}: {}", contender.name), steps);
                progress.at(done);
                let begun = thread_time();
                let fitted = (contender.fit)(training);
                Ready { fitted, seconds: thread_time().saturating_sub(begun).as_secs_f64() }
            };
            (0..).zip(&self.contenders).map(one).collect()
        };
        let earlier = match self.blends() {
            true => fit(&self.training.earlier(), "the earlier part"),
            false => Vec::new(),
        };
        let named = self.contenders.iter().zip(earlier).map(|(one, ready)| (one.name, ready.fitted));
        AllReady { earlier: named.collect(), whole: fit(self.training, "all") }
    }

    fn table(
        &self,
        view: &View<'_, T>,
        ready: &AllReady<T::Question>,
        progress: &Progress,
    ) -> Result<Table, EvaluateError> {
        let exam = view.exam;
        let ks: Vec<usize> = {
            let mut ks: Vec<usize> = self.columns.iter().map(|column| column.k).collect();
            ks.dedup();
            ks
        };
        let learned = self
            .blends()
            .then(|| blend::learn(&ready.earlier, self.training.hold_out(view.view).1, &ks, progress));
        let only_blend = learned.is_some() && self.dials.only.is_some();
        let holders = self.training.holders();
        let measures = Measures { columns: &self.columns, holders: &holders, units: self.training.units() };
        let bootstrap = Bootstrap { seed: self.dials.seed, rounds: ROUNDS, level: LEVEL };
        let questions = exam.questions_by_unit();
        let mut rows = Vec::new();
        let mut sums: Vec<Vec<Vec<f64>>> = Vec::new();
        let mut ask = |name, about, model: &mut dyn Fitted<T::Question>, seconds| {
            progress.begin(format!("asking {name}"), exam.asked.len() as u64);
            let measured = measure(model, None, exam, &measures, progress);
            let row = row(name, about, model, &measured, seconds, &questions, &bootstrap)?;
            rows.push(row);
            sums.push(measured.sums);
            Ok::<(), EvaluateError>(())
        };
        for (contender, ready) in self.contenders.iter().zip(&ready.whole).filter(|_| !only_blend) {
            ask(contender.name, contender.about, &mut *ready.fitted.borrow_mut(), ready.seconds)?;
        }
        if let Some(learned) = &learned {
            let fitted: Vec<_> = ready.whole.iter().map(|ready| ready.fitted.clone()).collect();
            let seconds = ready.whole.iter().map(|ready| ready.seconds).sum();
            ask(blend::NAME, blend::ABOUT, &mut Blend::new(&fitted, learned), seconds)?;
        }
        Ok(Table {
            key: view.key,
            title: view.title,
            questions: exam.asked.len(),
            units: exam.units.len(),
            unit_word: self.unit_word,
            columns: self.columns.clone(),
            headline: self.headline,
            differences: differences(&rows, &sums, &questions, &bootstrap)?,
            rows,
            refusal: self.refusal(exam, learned.as_ref(), bootstrap, progress)?,
        })
    }

    fn refusal(
        &self,
        exam: &Exam<T::Question>,
        blend: Option<&Learned>,
        bootstrap: Bootstrap,
        progress: &Progress,
    ) -> Result<Option<Curve>, EvaluateError> {
        let Some(column) = self.columns.get(self.headline).filter(|_| !self.dials.refusal.is_empty()) else {
            return Ok(None);
        };
        // The blend, or the one model, or the last, which is the blend where that is a model of its own.
        let alone = self.contenders.len().saturating_sub(1);
        let contenders = match blend {
            Some(_) => &self.contenders[..],
            None => self.contenders.get(alone..).unwrap_or_default(),
        };
        let experiment = Experiment {
            training: self.training,
            exam,
            contenders,
            blend,
            popularity: self.popularity,
            servings: &self.servings,
            column: *column,
            bootstrap,
        };
        let mut percents = self.dials.refusal.clone();
        percents.sort_unstable_by(f64::total_cmp);
        percents.dedup();
        let points = percents.into_iter().map(|percent| experiment.at(percent, progress));
        let single = contenders.last().map_or(blend::NAME, |one| one.name);
        let model = if blend.is_some() { blend::NAME } else { single };
        let servings = self.servings.iter().map(|serving| serving.name).collect();
        Ok(Some(Curve { model, servings, points: points.collect::<Result<_, _>>()? }))
    }
}

fn row<Q>(
    name: &'static str,
    about: &'static str,
    model: &mut dyn Fitted<Q>,
    measured: &Measured,
    fit_seconds: f64,
    questions: &[u32],
    bootstrap: &Bootstrap,
) -> Result<Row, EvaluateError> {
    let columns: Vec<&[f64]> = measured.sums.iter().map(Vec::as_slice).collect();
    Ok(Row {
        name,
        about,
        values: bootstrap.intervals(questions, &columns)?,
        coverage: measured.coverage,
        gini: measured.gini,
        novelty: measured.novelty,
        latency: measured.latency,
        fit_seconds,
        settings: model.settings(),
    })
}

/// The last model against each other one, question by question.
fn differences(
    rows: &[Row],
    sums: &[Vec<Vec<f64>>],
    questions: &[u32],
    bootstrap: &Bootstrap,
) -> Result<Vec<Difference>, EvaluateError> {
    let Some((last, others)) = sums.split_last() else { return Ok(Vec::new()) };
    let against = |(row, other): (&Row, &Vec<Vec<f64>>)| {
        let minus =
            |(a, b): (&Vec<f64>, &Vec<f64>)| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<f64>>();
        let columns: Vec<Vec<f64>> = last.iter().zip(other).map(minus).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        Ok(Difference { against: row.name, values: bootstrap.intervals(questions, &columns)? })
    };
    rows.iter().zip(others).map(against).collect()
}
