//! The report for programs. Fields are put in by hand, so that a new one never gets out by itself.

use models::evaluate::Interval;
use serde_json::{Map, Value, json};

use super::measure::Column;
use super::report::{Curve, Difference, Point, Report, Row, Table};

impl Report {
    /// The report as a JSON document.
    #[must_use]
    pub fn json(&self) -> Value {
        let Self { situation, title: _, conventions, data, seed, tables } = self;
        let data: Map<String, Value> = data.iter().map(|one| (one.what.clone(), json!(one.count))).collect();
        json!({
            "situation": situation,
            "conventions": conventions,
            "data": data,
            "seed": seed,
            "tables": tables.iter().map(table).collect::<Vec<_>>(),
        })
    }
}

fn table(table: &Table) -> Value {
    let Table { key, title, questions, units, unit_word, columns, headline, rows, differences, refusal } =
        table;
    json!({
        "table": key,
        "title": title,
        "questions": questions,
        "units": units,
        "unit": unit_word,
        "headline": columns.get(*headline).map(name),
        "models": rows.iter().map(|one| row(one, columns)).collect::<Vec<_>>(),
        "differences": differences.iter().map(|one| difference(one, columns)).collect::<Vec<_>>(),
        "refusal": refusal.as_ref().map(curve),
    })
}

fn name(column: &Column) -> String {
    format!("{}@{}", column.metric.key(), column.k)
}

fn row(row: &Row, columns: &[Column]) -> Value {
    let Row { name, about, values, coverage, gini, novelty, latency, fit_seconds, settings } = row;
    let settings: Map<String, Value> =
        settings.iter().map(|setting| (setting.name.clone(), json!(setting.value))).collect();
    json!({
        "model": name,
        "about": about,
        "metrics": metrics(values, columns),
        "coverage": coverage,
        "gini": gini,
        "novelty_bits": novelty,
        "latency_cpu_micros": {"p50": latency.p50, "p90": latency.p90, "p99": latency.p99},
        "fit_cpu_seconds": fit_seconds,
        "settings": settings,
    })
}

fn metrics(values: &[Interval], columns: &[Column]) -> Map<String, Value> {
    columns.iter().zip(values).map(|(column, value)| (name(column), interval(value))).collect()
}

fn interval(interval: &Interval) -> Value {
    let Interval { mean, low, high } = interval;
    json!({"mean": mean, "low": low, "high": high})
}

fn difference(difference: &Difference, columns: &[Column]) -> Value {
    let Difference { against, values } = difference;
    json!({"against": against, "metrics": metrics(values, columns)})
}

fn curve(curve: &Curve) -> Value {
    let Curve { model, servings, points } = curve;
    let point = |point: &Point| {
        let Point { percent, refused, everyone, agreed, refusing } = point;
        json!({
            "percent": percent,
            "refused_units": refused,
            "everyone": interval(everyone),
            "agreed": agreed.as_ref().map(interval),
            "refused": servings
                .iter()
                .zip(refusing)
                .map(|(serving, value)| json!({"served": serving, "value": value.as_ref().map(interval)}))
                .collect::<Vec<_>>(),
        })
    };
    json!({"model": model, "served": servings, "points": points.iter().map(point).collect::<Vec<_>>()})
}
