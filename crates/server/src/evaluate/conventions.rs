//! How it is measured, in words that stand in every report, so that figures of two programs can be compared.
//! Must never say what the protocols in `models::evaluate`, `visits` and `customers` don't do.

use super::run::ROUNDS;

/// For visits.
pub(super) fn of_sessions(seed: u64) -> Vec<String> {
    let mut told: Vec<String> = [
        "Models learn from the training file alone; give a test file that is later in time.",
        "Items that the training file doesn't hold are dropped from the test visits; then visits of one item ask nothing.",
        "A visit is asked about after its first click, its second, and so on to the last but one; each is a question.",
        "The current item is taken out of every answer; items from earlier in the visit may come back.",
        "HR and MRR: the very next item. If that is the current one again, it counts as a miss.",
        "Recall: different items found / clicks that follow, repeats included, as in the literature on sessions (Serenade, session-rec). Recall (items) divides by the different items that follow.",
        "NDCG: all that follows, each item once.",
        "The blend's dials and weights are learned on the newest tenth of the training visits, by models that learned from the rest.",
    ]
    .map(str::to_owned)
    .to_vec();
    let served = "They are served from the page alone: by the item on it, or by what the page says was looked at before in this visit; nothing of theirs is remembered.";
    told.extend(of_all("visit", served, seed));
    told
}

/// For customers.
pub(super) fn of_shop(situation: &str, seed: u64) -> Vec<String> {
    let held_out = match situation {
        "transactions" => {
            "The last invoice of each customer with at least two is held out, by date and of one date by number; all other invoices are learned from, other customers' later ones too. Lines without a customer, returns, cancelled invoices (`C…`) and lines without a price don't count."
        }
        "baskets" => {
            "The basket in the future file is asked about; the history file alone is learned from. Time is the basket's place in its customer's history."
        }
        _ => {
            "The last item of each customer with at least two is held out; all others are learned from. Time is the item's place in the line."
        }
    };
    let mut told: Vec<String> = [
        held_out,
        "Items that nobody has in the training part are dropped from what is held out; where nothing is left, nothing is asked.",
        "First table: all that is held out counts, and what the customer had before may be answered. Second table: only what the customer never had counts, and what they had is taken out of every answer.",
        "HR: any of it is among the first k. MRR: 1 / place of the first that is. Recall: the share of its items that is. NDCG: with the ideal list on top. Each customer is one question.",
        "The blend's weights and the dials marked as chosen are learned on each customer's last basket of the training part, by models that learned from the ones before.",
    ]
    .map(str::to_owned)
    .to_vec();
    let served = "They are served without a history: by what is popular lately, by time of the year and country where the file says so.";
    told.extend(of_all("customer", served, seed));
    told
}

/// For both.
fn of_all(unit: &str, served: &str, seed: u64) -> Vec<String> {
    vec![
        format!("In brackets: 95% interval, percentile bootstrap of {ROUNDS} rounds drawn by {unit}, seed {seed}."),
        "Coverage: share of the training part's items that any answer shows. Gini: how unevenly (0 evenly, 1 one item takes all, never shown ones count).".to_owned(),
        format!("When more {unit}s refuse: they are drawn by seed {seed}, more of them at each step, and learned from by no model. {served}"),
        format!("Novelty: mean −log₂ of the share of the training part's {unit}s that have an item, in bits. At the largest k."),
        "µs: processor time of one thread for one answer, reading and judging not counted; the blend's includes the reasons of all its parts.".to_owned(),
    ]
}
