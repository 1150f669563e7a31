//! Decimal amounts as clients write them, in minor units. Must never go through binary fractions: 0.29 is 29 cents.

use super::document::Json;

/// A JSON number, or a text that is one, in decimal digits without an exponent.
pub(super) fn decimal(value: &Json<'_>) -> Option<String> {
    match value {
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Some(whole.to_string()),
            // The shortest decimal that reads back as the same number: what the client wrote, up to 15 digits.
            (None, Some(fraction)) if fraction.abs() < 1e15 => Some(fraction.to_string()),
            (None, _) => None,
        },
        Json::Text(text) => Some(text.trim().to_owned()),
        Json::Null | Json::Bool(_) | Json::List(_) | Json::Object(_) => None,
    }
}

/// An amount in minor units of the currency; `None` for what is no amount.
pub(super) fn amount(value: &Json<'_>, currency: &str) -> Option<i64> {
    minor_units(&decimal(value)?, exponent(currency))
}

/// Reads decimal text as units of 10^-`exponent`; halves go away from zero.
pub(super) fn minor_units(text: &str, exponent: u32) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let mut units: i64 = 0;
    for digit in whole.bytes().chain(fraction.bytes().chain(std::iter::repeat(b'0')).take(exponent as usize))
    {
        units = units.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
    }
    if fraction.as_bytes().get(exponent as usize).is_some_and(|next| *next >= b'5') {
        units = units.checked_add(1)?;
    }
    Some(if negative { -units } else { units })
}

/// How many decimals the currency's minor unit has (ISO 4217); 2 where nothing else is known.
pub(super) fn exponent(currency: &str) -> u32 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// A currency's code, if it is one.
pub(super) fn currency(value: &Json<'_>) -> Option<String> {
    let code = value.as_str()?.trim().to_ascii_uppercase();
    (code.len() == 3 && code.bytes().all(|b| b.is_ascii_uppercase())).then_some(code)
}

#[cfg(test)]
mod tests {
    use crate::intake::document::document as json;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_become_minor_units_exactly() {
        let check = |value: Json<'_>, currency: &str, expected: Option<i64>| {
            assert_eq!(amount(&value, currency), expected, "{value} {currency}");
        };
        check(json!(27.5), "NZD", Some(2750));
        check(json!(0.29), "NZD", Some(29));
        check(json!(19), "NZD", Some(1900));
        check(json!("19.90"), "NZD", Some(1990));
        check(json!(".5"), "NZD", Some(50));
        check(json!(-4.65), "GBP", Some(-465));
        check(json!(1999), "JPY", Some(1999));
        check(json!(1.2345), "KWD", Some(1235));
        check(json!(0.005), "NZD", Some(1));
        check(json!(8.2), "NZD", Some(820));
        for bad in [
            json!("$5"),
            json!("1e3"),
            json!(""),
            json!("-"),
            json!("."),
            json!("1.2.3"),
            json!(1e300),
            json!(null),
            json!([1]),
            json!("99999999999999999999"),
        ] {
            check(bad, "NZD", None);
        }
    }

    proptest! {
        #[test]
        fn every_amount_in_cents_survives_json(cents in -100_000_000_i64..100_000_000) {
            let text = format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, cents.abs() / 100, cents.abs() % 100);
            let value: Json<'_> = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(amount(&value, "NZD"), Some(cents));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*", exponent in 0_u32..4) {
            let _ = minor_units(&text, exponent);
        }
    }
}
