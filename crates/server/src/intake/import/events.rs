//! Segment events as JSON lines: the same reading as over HTTP, at the times that they name.

use std::io::{self, BufRead};

use privacy::register::Register;
use privacy::signals::Gpc;

use super::{Bad, Unit};
use crate::intake::document::Json;
use crate::intake::moment::Arrival;
use crate::intake::recent::Recent;
use crate::intake::segment::{MOST_EVENT_BYTES, read};

/// Reads lines one by one; blank ones are nothing.
pub(super) fn units(
    reader: impl BufRead,
    arrival: Arrival,
    register: &Register,
) -> impl Iterator<Item = io::Result<Unit>> {
    reader.split(b'\n').zip(1_u64..).map(move |(line, number)| {
        let line = line?;
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        let mut unit = Unit::of(number);
        if line.iter().all(u8::is_ascii_whitespace) {
            return Ok(unit);
        }
        let bad = |reason: &str, mend| {
            Some(Bad {
                line: number,
                reason: reason.to_owned(),
                mend,
                text: String::from_utf8_lossy(line).into_owned(),
            })
        };
        if line.len() > MOST_EVENT_BYTES {
            unit.bad =
                bad("the event is larger than 32 KB", "split it, or leave out what no purpose declares");
            return Ok(unit);
        }
        match serde_json::from_slice::<Json<'_>>(line) {
            Ok(event) => {
                match read(&event, None, None, arrival, Gpc::Silent, register, &mut Recent::default()) {
                    Err("malformed_event") => {
                        unit.bad = bad(
                            "the line is no Segment event",
                            "give it a `type`: track, identify, page, screen or alias",
                        );
                    }
                    other => unit.events.push(other),
                }
            }
            Err(_) => {
                unit.bad =
                    bad("the line is not JSON", "write each event as one JSON object on a line of its own")
            }
        }
        Ok(unit)
    })
}
