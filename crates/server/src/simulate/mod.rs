//! The demo shop *Tūī Outdoors*: its catalogue, its pictures, and a simulator of its customers.
//! Nobody in here is real, and nothing here touches a real shop's data.
//!
//! The simulator plays a shop whose pages send everything they know, refusals included, as unmodified clients do:
//! people who say no still send events, with every preference `false`, and it is the intake that must drop them.
//! Orders and refunds come from the shop's server, since a contract needs no consent.

mod catalogue;
mod chance;
mod message;
mod person;
mod picture;
mod samples;
mod shop;
mod visit;
mod year;

pub use catalogue::{
    Article, Catalogue, CatalogueError, Category, Handedness, PictureHint, Product, catalogue,
};
pub use message::Message;
pub use picture::{article_picture, picture};
pub use samples::{SampleCustomer, sample_customers};
pub use year::{Simulation, SimulationError};
