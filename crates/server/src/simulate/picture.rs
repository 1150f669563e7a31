//! Pictures for the demo shop: a drawing in the item's colours before a two-tone landscape, as an SVG of 4:3.
//! It draws nothing but what the catalogue says, and never puts unescaped text into the picture.

use std::fmt::Write as _;

use super::catalogue::{Article, PictureHint, Product, catalogue};

/// The picture of a product: an SVG document, 400 × 300, with its name as the title that screen readers read.
pub fn picture(product: &Product) -> String {
    let [sport, _] = &product.category;
    draw(&product.name, &product.picture, sport, product.sku.bytes())
}

/// The picture of a guide, in the same form as a product's.
pub fn article_picture(article: &Article) -> String {
    let sport = article.categories.first().and_then(|path| path.split('/').next()).unwrap_or("essentials");
    draw(&article.title, &article.picture, sport, article.slug.bytes())
}

/// A colour as red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tone([u8; 3]);

impl Tone {
    const BLACK: Tone = Tone([20, 28, 36]);
    const WHITE: Tone = Tone([255, 255, 255]);

    /// Reads `#rrggbb`.
    pub(super) fn parse(text: &str) -> Option<Tone> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Tone([red, green, blue]))
    }

    /// This colour with `percent` of another in it.
    fn mix(self, other: Tone, percent: u16) -> Tone {
        let Tone([r, g, b]) = self;
        let Tone([other_r, other_g, other_b]) = other;
        let part = |from: u8, to: u8| {
            let value = (u16::from(from) * (100 - percent) + u16::from(to) * percent) / 100;
            u8::try_from(value).unwrap_or(u8::MAX)
        };
        Tone([part(r, other_r), part(g, other_g), part(b, other_b)])
    }
}

impl std::fmt::Display for Tone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Tone([r, g, b]) = self;
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

/// The line of the ground behind the item, by sport.
fn horizon(sport: &str) -> &'static str {
    match sport {
        "tramping" => "M0 214 62 150l44 40 70-88 62 76 40-34 122 92V300H0z",
        "paddling" => "M0 196q33-26 66 0t67 0 67 0 67 0 67 0 66 0v104H0z",
        "golf" => "M0 232c70-56 150-64 220-30 60 26 120 14 180-22v120H0z",
        "bikes" => "M0 210c60-44 120-40 180-8s140 28 220-24v122H0z",
        "running" => "M0 256 400 150v150H0z",
        _ => "M0 220c120-34 280-34 400 0v80H0z",
    }
}

fn draw(title: &str, hint: &PictureHint, sport: &str, name: impl Iterator<Item = u8>) -> String {
    let [main, ground] = &hint.colours;
    let main = Tone::parse(main).unwrap_or(Tone::BLACK);
    let ground = Tone::parse(ground).unwrap_or(Tone::WHITE);
    let hill = ground.mix(Tone::BLACK, 9);
    let sun = ground.mix(Tone::WHITE, 55);
    // A little difference from item to item, always the same for one item.
    let turn = name.fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    let sun_x = 60 + turn % 5 * 70;
    let sun_y = 56 + turn / 5 % 3 * 14;
    let drawing = catalogue().ok().and_then(|catalogue| catalogue.icon(&hint.icon)).unwrap_or_default();

    let mut svg = String::with_capacity(drawing.len() + 1200);
    svg.push_str(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 400 300\" role=\"img\" aria-labelledby=\"t\"><title id=\"t\">",
    );
    push_escaped(&mut svg, title);
    // Writing into a `String` can't fail.
    let _ = write!(
        svg,
        "</title><rect width=\"400\" height=\"300\" fill=\"{ground}\"/><circle cx=\"{sun_x}\" cy=\"{sun_y}\" r=\"34\" fill=\"{sun}\"/><path d=\"{}\" fill=\"{hill}\"/><ellipse cx=\"200\" cy=\"254\" rx=\"104\" ry=\"11\" fill=\"{}\"/><g transform=\"translate(94 42) scale(1.06)\" fill=\"none\" stroke-linecap=\"round\" stroke-linejoin=\"round\">",
        horizon(sport),
        hill.mix(Tone::BLACK, 14),
    );
    push_coloured(&mut svg, drawing.trim(), main);
    svg.push_str("</g></svg>");
    svg
}

/// Copies a drawing with its colour words replaced.
fn push_coloured(svg: &mut String, drawing: &str, main: Tone) {
    for (at, part) in drawing.split('"').enumerate() {
        if at > 0 {
            svg.push('"');
        }
        let tone = match part {
            "MAIN" => main,
            "DARK" => main.mix(Tone::BLACK, 32),
            "LITE" => main.mix(Tone::WHITE, 48),
            "INK" => Tone([38, 50, 60]),
            "METAL" => Tone([154, 167, 177]),
            "WHITE" => Tone([253, 253, 250]),
            "SAND" => Tone([224, 188, 132]),
            _ => {
                svg.push_str(part);
                continue;
            }
        };
        let _ = write!(svg, "{tone}");
    }
}

fn push_escaped(svg: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => svg.push_str("&amp;"),
            '<' => svg.push_str("&lt;"),
            '>' => svg.push_str("&gt;"),
            '"' => svg.push_str("&quot;"),
            other => svg.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_has_a_title_and_no_colour_word_left() {
        let catalogue = catalogue().unwrap();
        let of_products = catalogue.products.iter().map(picture);
        for svg in of_products.chain(catalogue.articles.iter().map(article_picture)) {
            assert!(svg.starts_with("<svg ") && svg.ends_with("</g></svg>"), "{svg}");
            assert!(svg.contains("</title>"));
            for word in ["MAIN", "DARK", "LITE", "INK", "METAL", "WHITE", "SAND"] {
                assert!(!svg.contains(word), "`{word}` is left in {svg}");
            }
        }
    }

    #[test]
    fn a_title_is_escaped() {
        let mut product = catalogue().unwrap().products[0].clone();
        product.name = "<script>&\"".to_owned();
        let svg = picture(&product);
        assert!(svg.contains("<title id=\"t\">&lt;script&gt;&amp;&quot;</title>"), "{svg}");
    }

    #[test]
    fn a_colour_is_six_hexadecimal_digits() {
        assert_eq!(Tone::parse("#0a0B0c"), Some(Tone([10, 11, 12])));
        for wrong in ["0a0b0c", "#fff", "#gggggg", "#éééa", ""] {
            assert_eq!(Tone::parse(wrong), None, "{wrong}");
        }
    }
}
