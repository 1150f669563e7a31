//! The report as a page: one file without any outside resource, readable on a phone, in the dark and without the charts.
//! Must never load anything, run a script, or say in a chart what doesn't stand in a table beside it.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use models::evaluate::Interval;

use super::report::{Curve, Point, Report, Row, Table, grouped};
use super::text::{figure, signed, with_interval};

const STYLE: &str = include_str!("report.css");

impl Report {
    /// The whole page.
    #[must_use]
    pub fn html(&self) -> Markup {
        let Self { situation, title, conventions, data, seed: _, tables } = self;
        html! {
            (DOCTYPE)
            html lang="en-NZ" {
                head {
                    meta charset="utf-8";
                    title { (title) " · Equipoise" }
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    main {
                        h1 { (title) }
                        p.lead { "How well the recommendations do on recorded data: each model alone, then all of them together. Made by " code { "equipoise evaluate " (situation) } "." }
                        @for one in tables { (table(one)) }
                        section {
                            h2 { "The data" }
                            div.scroll tabindex="0" role="region" aria-label="The data" {
                                table { tbody { @for one in data {
                                    tr { th scope="row" { (one.what) } td { (grouped(one.count)) } }
                                } } }
                            }
                        }
                        section {
                            h2 { "How it is measured" }
                            ul { @for convention in conventions { li { (convention) } } }
                        }
                    }
                }
            }
        }
    }
}

fn table(table: &Table) -> Markup {
    let (questions, units) = (grouped(table.questions as u64), grouped(table.units as u64));
    html! {
        section {
            h2 { (table.title) }
            p { (questions) " questions of " (units) " " (table.unit_word) ". The line across a bar shows between which values the figure lies with 95% confidence." }
            div.charts { @for at in 0..table.columns.len() { (bars(table, at)) } }
            h3 { "The same as a table" }
            (grid("Quality", &heads("model", &table.titles()), &table.rows, |row| row.values.iter().map(with_interval).collect()))
            h3 { "What the answers look like, and what they cost" }
            (grid(
                "What the answers look like, and what they cost",
                &heads("model", &["coverage", "Gini", "novelty, bits", "µs p50", "µs p90", "µs p99", "learning, s"]),
                &table.rows,
                character,
            ))
            @if let Some(last) = table.rows.last().filter(|_| !table.differences.is_empty()) {
                h3 { "How much better " (last.name) " is than each other model, asked the same" }
                div.scroll tabindex="0" role="region" aria-label="Differences" {
                    table {
                        thead { tr { @for head in heads("than", &table.titles()) { th scope="col" { (head) } } } }
                        tbody { @for one in &table.differences {
                            tr { th scope="row" { (one.against) } @for value in &one.values { td { (signed(value)) } } }
                        } }
                    }
                }
            }
            h3 { "The models" }
            dl { @for row in &table.rows {
                dt { (row.name) }
                dd {
                    (row.about)
                    @if !row.settings.is_empty() {
                        br;
                        span.small { @for (at, setting) in row.settings.iter().enumerate() {
                            @if at > 0 { ", " } (setting.name) ": " (setting.value)
                        } }
                    }
                }
            } }
            @if let Some(curve) = &table.refusal { (refusal(table, curve)) }
        }
    }
}

fn heads<S: AsRef<str>>(first: &str, rest: &[S]) -> Vec<String> {
    std::iter::once(first.to_owned()).chain(rest.iter().map(|head| head.as_ref().to_owned())).collect()
}

fn character(row: &Row) -> Vec<String> {
    let latency = &row.latency;
    vec![
        figure(Some(row.coverage), 3),
        figure(row.gini, 3),
        figure(row.novelty, 2),
        figure(Some(latency.p50), 1),
        figure(Some(latency.p90), 1),
        figure(Some(latency.p99), 1),
        figure(Some(row.fit_seconds), 2),
    ]
}

fn grid(label: &str, heads: &[String], rows: &[Row], cells: impl Fn(&Row) -> Vec<String>) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for row in rows {
                    tr { th scope="row" { (row.name) } @for cell in cells(row) { td { (cell) } } }
                } }
            }
        }
    }
}

/// One metric as bars: names and figures are text, so that they stay legible at any width; only the bar is drawn.
fn bars(table: &Table, at: usize) -> Markup {
    let title = table.titles().get(at).cloned().unwrap_or_default();
    let values: Vec<(&Row, &Interval)> =
        table.rows.iter().filter_map(|row| Some((row, row.values.get(at)?))).collect();
    let most = values.iter().map(|(_, value)| value.high.max(value.mean)).fold(0.0, f64::max);
    let place = |value: f64| if most > 0.0 { (value / most * 1000.0).clamp(0.0, 1000.0) } else { 0.0 };
    let point = |value: f64| format!("{:.1}", place(value));
    html! {
        figure {
            figcaption { (title) }
            div.bars { @for (row, value) in &values {
                span.name { (row.name) }
                svg viewBox="0 0 1000 16" preserveAspectRatio="none" aria-hidden="true" {
                    rect.bar x="0" y="2" width=(point(value.mean)) height="12" {}
                    path.whisker d=(format!("M{low} 8H{high}M{low} 4V12M{high} 4V12", low = point(value.low), high = point(value.high))) {}
                }
                span.value { (format!("{:.3}", value.mean)) }
            } }
        }
    }
}

fn refusal(table: &Table, curve: &Curve) -> Markup {
    let of = |interval: Option<&Interval>| interval.map_or_else(|| "–".to_owned(), with_interval);
    html! {
        h3 { "When more " (table.unit_word) " refuse" }
        p { "Who refuses is not learned from. They are served as the server serves them: " (served(curve)) ". The other lines are what else could be done. " (table.headline_title()) " of " (curve.model) "." }
        (lines(table, curve))
        div.scroll tabindex="0" role="region" aria-label="When more refuse" {
            table {
                thead { tr {
                    @for head in ["refuse", "everyone", "agree"] { th scope="col" { (head) } }
                    @for head in &curve.servings { th scope="col" { "refuse: " (head) } }
                } }
                tbody { @for point in &curve.points {
                    tr {
                        th scope="row" { (point.percent) "%" }
                        td { (with_interval(&point.everyone)) }
                        td { (of(point.agreed.as_ref())) }
                        @for value in &point.refusing { td { (of(value.as_ref())) } }
                    }
                } }
            }
        }
    }
}

fn served(curve: &Curve) -> &'static str {
    curve.servings.first().copied().unwrap_or("by what is popular")
}

/// Lines over the share of refusals.
fn lines(table: &Table, curve: &Curve) -> Markup {
    let everyone = series(curve, |point| Some(point.everyone));
    let agreed = series(curve, |point| point.agreed);
    let refusing: Vec<Vec<(f64, Interval)>> = (0..curve.servings.len())
        .map(|at| series(curve, |point| point.refusing.get(at).copied().flatten()))
        .collect();
    let drawn: Vec<&Vec<(f64, Interval)>> = [&everyone, &agreed].into_iter().chain(&refusing).collect();
    let most = drawn
        .iter()
        .flat_map(|one| one.iter())
        .map(|(_, value)| value.high.max(value.mean))
        .fold(0.0, f64::max);
    let from = curve.points.first().map_or(0.0, |point| point.percent);
    let to = curve.points.last().map_or(100.0, |point| point.percent).max(from + 1.0);
    let x = |percent: f64| (percent - from) / (to - from) * 1000.0;
    let y = |value: f64| if most > 0.0 { 400.0 - value / most * 400.0 } else { 400.0 };
    let line = |points: &[(f64, Interval)]| {
        points
            .iter()
            .map(|(percent, value)| format!("{:.1},{:.1}", x(*percent), y(value.mean)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let band = |points: &[(f64, Interval)]| {
        let upper = points.iter().map(|(percent, value)| format!("{:.1},{:.1}", x(*percent), y(value.high)));
        let lower =
            points.iter().rev().map(|(percent, value)| format!("{:.1},{:.1}", x(*percent), y(value.low)));
        upper.chain(lower).collect::<Vec<_>>().join(" ")
    };
    html! {
        figure.curve {
            figcaption { (table.headline_title()) ", by how many of a hundred refuse" }
            div.plot {
                span.top { (format!("{most:.3}")) }
                span.bottom { "0" }
                svg viewBox="0 0 1000 400" preserveAspectRatio="none" aria-hidden="true" {
                    path.axis d="M0 0V400H1000" {}
                    polygon.band points=(band(&everyone)) {}
                    polyline.agreed points=(line(&agreed)) {}
                    @for (at, one) in refusing.iter().enumerate() {
                        polyline class=(format!("refusing served-{at}")) points=(line(one)) {}
                    }
                    polyline.everyone points=(line(&everyone)) {}
                }
                span.left { (from) "%" }
                span.right { (to) "%" }
            }
            ul.legend {
                li.everyone { "everyone" }
                li.agreed { "those who agree" }
                @for (at, name) in curve.servings.iter().enumerate() {
                    li class=(format!("refusing served-{at}")) { "those who refuse, " (name) }
                }
            }
        }
    }
}

fn series(curve: &Curve, of: impl Fn(&Point) -> Option<Interval>) -> Vec<(f64, Interval)> {
    curve.points.iter().filter_map(|point| Some((point.percent, of(point)?))).collect()
}
