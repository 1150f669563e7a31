//! What the last events of a batch said that is costly to read: a client repeats its ids, its browser and its page in
//! each.
//!
//! Must hold for one batch only, and change nothing about what is read.

use privacy::minimise::{Agent, Kind, looks_like_personal, minimise_url};

/// How many ids are remembered: a person's, a device's and a visit's, and some to spare.
const IDS: usize = 6;

/// The last ids, browser and page, as they were written and as they were read.
#[derive(Default)]
pub(crate) struct Recent<'e> {
    ids: [Option<(&'e str, Option<Kind>)>; IDS],
    oldest_id: usize,
    agent: Option<(&'e str, Agent)>,
    page: Option<(&'e str, Option<String>)>,
}

impl<'e> Recent<'e> {
    /// Whether an id is something personal.
    pub(super) fn personal(&mut self, text: &'e str) -> Option<Kind> {
        if let Some((_, found)) = self.ids.iter().flatten().find(|(known, _)| *known == text) {
            return *found;
        }
        let found = looks_like_personal(text);
        if let Some(place) = self.ids.get_mut(self.oldest_id) {
            *place = Some((text, found));
        }
        self.oldest_id = (self.oldest_id + 1) % IDS;
        found
    }

    /// The browser that describes itself so.
    pub(super) fn agent(&mut self, text: &'e str) -> Agent {
        match self.agent {
            Some((known, agent)) if known == text => agent,
            Some(_) | None => self.agent.insert((text, Agent::read(text))).1,
        }
    }

    /// The page's address without query and fragment.
    pub(super) fn page(&mut self, text: &'e str) -> Option<String> {
        match &self.page {
            Some((known, page)) if *known == text => page.clone(),
            Some(_) | None => self.page.insert((text, minimise_url(text))).1.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_read_as_if_it_were_the_first() {
        let mut recent = Recent::default();
        let (firefox, curl) = ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0", "curl/8");
        for agent in [firefox, firefox, curl, firefox] {
            assert_eq!(recent.agent(agent), Agent::read(agent));
        }
        let ids: Vec<String> = (0..20).map(|n| format!("{}", 4_111_111_111_111_108_u64 + n)).collect();
        for id in ids.iter().chain(ids.iter().rev()).chain(&ids) {
            assert_eq!(recent.personal(id), looks_like_personal(id));
        }
        let (page, other) = ("https://s.example/a?email=x", "nothing");
        for address in [page, page, other, other, page] {
            assert_eq!(recent.page(address), minimise_url(address));
        }
    }
}
