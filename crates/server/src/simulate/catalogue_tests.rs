//! The rules that the demo shop's own files keep, and the errors for those that don't.

use super::*;

#[test]
fn the_embedded_files_are_consistent() {
    let catalogue = catalogue().unwrap();
    assert!((300..=400).contains(&catalogue.products.len()), "{}", catalogue.products.len());
    assert!((50..=70).contains(&catalogue.articles.len()), "{}", catalogue.articles.len());
    for category in &catalogue.categories {
        let count = catalogue.products.iter().filter(|p| p.category_path() == category.path).count();
        assert!(count >= 3, "`{}` holds {count} products", category.path);
    }
}

#[test]
fn every_right_handed_club_comes_left_handed() {
    let catalogue = catalogue().unwrap();
    let sided: Vec<_> = catalogue.products.iter().filter(|p| p.handedness.is_some()).collect();
    assert!(sided.len() > 30);
    for product in sided {
        let other = match product.handedness.unwrap() {
            Handedness::Left => product.name.replace("left-handed", "right-handed"),
            Handedness::Right => product.name.replace("right-handed", "left-handed"),
        };
        assert_ne!(other, product.name);
        assert!(catalogue.products.iter().any(|p| p.name == other), "`{}` has no pair", product.name);
    }
}

fn check(change: impl FnOnce(&mut String, &mut String), expected: &str) {
    let mut products = r##"[[product]]
sku = "A-1"
name = "Tin Whistle"
brand = "Invented"
category = ["bikes", "e-bikes"]
price_cents = 1500
description = "A whistle of tin."
tags = ["whistle"]
colour = "red"
stock = 1
picture = { icon = "dot", colours = ["#ff0000", "#ffffff"] }
"##
    .to_owned();
    let mut articles = r##"[[article]]
slug = "a-guide"
title = "A guide"
summary = "A guide."
body = ["One.", "Two."]
categories = ["bikes/e-bikes"]
tags = ["care"]
picture = { icon = "dot", colours = ["#ff0000", "#ffffff"] }
"##
    .to_owned();
    change(&mut products, &mut articles);
    let files = Files {
        categories: (
            "categories.toml",
            "[[category]]\npath = \"bikes/e-bikes\"\ntitle = \"e-Bikes\"\ngoes_with = []\nsearches = [\"e-bike\"]\n",
        ),
        icons: ("icons.toml", "dot = '<circle r=\"9\"/>'"),
        products: &[("products/p.toml", &products)],
        articles: &[("guides/g.toml", &articles)],
    };
    let found = read(&files).map(|_| ()).map_err(|error| error.to_string());
    match expected {
        "" => assert_eq!(found, Ok(())),
        text => assert!(found.clone().unwrap_err().contains(text), "{found:?} lacks {text}"),
    }
}

#[test]
fn an_error_names_file_and_item() {
    check(|_, _| {}, "");
    check(|p, _| *p = p.replace("e-bikes", "boats"), "`products/p.toml`, item `A-1`: category `bikes/boats`");
    check(|p, _| *p = p.replace("1500", "15"), "`products/p.toml`, item `A-1`: price of 15 cents");
    check(|p, _| *p = p.replace("dot", "cat"), "item `A-1`: picture `cat`");
    check(|p, _| *p = p.replace("#ff0000", "red"), "item `A-1`: colour `red`");
    check(|p, _| p.push_str(&p.clone()), "item `A-1`: the sku stands there twice");
    check(|p, _| p.push_str("consumable = true\n"), "item `A-1`: is consumable");
    check(|p, _| *p = p.replace("stock", "shock"), "`products/p.toml` can't be read");
    check(|_, a| *a = a.replace("bikes/e-bikes", "x/y"), "`guides/g.toml`, item `a-guide`: category `x/y`");
    check(|_, a| *a = a.replace("a-guide", "A guide"), "`guides/g.toml`, item `A guide`: the slug");
    check(|_, a| a.push_str(&a.clone()), "item `a-guide`: the slug stands there twice");
}
