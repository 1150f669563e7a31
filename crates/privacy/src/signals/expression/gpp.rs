//! The American sections for a choice. These laws give an opt-out and ask for no yes: `not opted out` is said only where
//! every purpose concerned is permitted by the shop's own, stricter rules. Sensitive data, children and the multi-state
//! agreement are never spoken for.

use super::all_permitted;
use crate::register::Declaration;
use crate::signals::gpp::{Answer, OptOutOf, UsCalifornia, UsNational};

/// The notice and the opt-out for one thing that can be opted out of.
fn answers(purposes: &[(&Declaration, bool)], of: OptOutOf) -> (Answer, Answer) {
    let concerned = || purposes.iter().filter(|(d, _)| d.standards.gpp.contains(&of));
    if concerned().next().is_none() {
        return (Answer::NotApplicable, Answer::NotApplicable);
    }
    let opted_out = if all_permitted(concerned()) { Answer::No } else { Answer::Yes };
    (Answer::Yes, opted_out)
}

pub(super) fn national(purposes: &[(&Declaration, bool)], gpc: Option<bool>) -> UsNational {
    let (sale_opt_out_notice, sale_opt_out) = answers(purposes, OptOutOf::Sale);
    let (sharing_opt_out_notice, sharing_opt_out) = answers(purposes, OptOutOf::Sharing);
    let (targeted_advertising_opt_out_notice, targeted_advertising_opt_out) =
        answers(purposes, OptOutOf::TargetedAdvertising);
    UsNational {
        // The notice says of every purpose what is processed and who receives it.
        sharing_notice: Answer::Yes,
        sale_opt_out_notice,
        sharing_opt_out_notice,
        targeted_advertising_opt_out_notice,
        sale_opt_out,
        sharing_opt_out,
        targeted_advertising_opt_out,
        gpc,
        ..UsNational::NOTHING
    }
}

pub(super) fn california(purposes: &[(&Declaration, bool)], gpc: Option<bool>) -> UsCalifornia {
    let (sale_opt_out_notice, sale_opt_out) = answers(purposes, OptOutOf::Sale);
    let (sharing_opt_out_notice, sharing_opt_out) = answers(purposes, OptOutOf::Sharing);
    UsCalifornia {
        sale_opt_out_notice,
        sharing_opt_out_notice,
        sale_opt_out,
        sharing_opt_out,
        gpc,
        ..UsCalifornia::NOTHING
    }
}
