//! One request to the demo shop: who looks, what is in the cart, and what is remembered of it in cookies.
//!
//! A new visitor has no cookie but the cart, once something is in it, and is never written down anywhere.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;
use privacy::minimise::CameFrom;
use privacy::pseudonym::IdentityKind;
use privacy::signals::{Gpc, gpc};
use privacy::store::StoreError;
use privacy::subject::Subject;

use super::cart::Cart;
use crate::app::App;
use crate::recommend::{Circumstances, Who};
use crate::simulate::{Catalogue, SampleCustomer, sample_customers};
use crate::web::{Problem, ProblemKind, cookie};
pub(super) use crate::web::{fields, from_our_own_page, go_to};

/// The cookie that says through whose eyes the shop is seen.
pub(super) const CUSTOMER: &str = "demo_customer";
/// The cookie that holds the cart.
pub(super) const CART: &str = "demo_cart";

/// A sample customer who visits.
#[derive(Clone)]
pub(super) struct Customer {
    pub(super) sample: &'static SampleCustomer,
    pub(super) subject: Subject,
    /// The visit's random name.
    pub(super) session: String,
}

/// One request.
pub(super) struct Visit {
    pub(super) app: Arc<App>,
    pub(super) catalogue: &'static Catalogue,
    /// `None` for a new visitor.
    pub(super) customer: Option<Customer>,
    /// Which of the sample customers the shop still knows.
    pub(super) known: [bool; 3],
    pub(super) cart: Cart,
    pub(super) opt_out: Gpc,
    /// What the request says about itself.
    pub(super) circumstances: Circumstances,
    /// The page's own address, for forms that come back to it.
    pub(super) path: String,
}

impl Visit {
    fn open(app: Arc<App>, headers: &HeaderMap, path: String) -> Result<Self, Problem> {
        let catalogue = app.demo.as_ref().map(|shop| shop.catalogue).ok_or_else(not_the_demo)?;
        let subjects = app.store.read(|tx| {
            let mut subjects = [None; 3];
            for (subject, sample) in subjects.iter_mut().zip(sample_customers()) {
                *subject = tx.find(IdentityKind::UserId, sample.user_id)?;
            }
            Ok::<_, StoreError>(subjects)
        })?;
        let chosen = cookie(headers, CUSTOMER);
        let customer =
            chosen.as_deref().and_then(|chosen| chosen.split_once('.')).and_then(|(user, session)| {
                let (sample, subject) =
                    sample_customers().iter().zip(subjects).find(|(one, _)| one.user_id == user)?;
                let plain = session.len() == 32 && session.bytes().all(|byte| byte.is_ascii_hexdigit());
                plain.then_some(Customer { sample, subject: subject?, session: session.to_owned() })
            });
        let cart = Cart::read(cookie(headers, CART).as_deref().unwrap_or(""), catalogue);
        let opt_out = gpc(headers.get_all("sec-gpc").iter().map(HeaderValue::as_bytes));
        Ok(Self {
            known: subjects.map(|subject| subject.is_some()),
            app,
            catalogue,
            customer,
            cart,
            opt_out,
            circumstances: circumstances(headers),
            path,
        })
    }

    /// Whom the recommender is asked for.
    pub(super) fn who(&self) -> Who {
        self.customer.as_ref().map_or(Who::Nobody, |customer| Who::Known(customer.subject))
    }
}

/// Kind of device, and where a visit came from if another site sent it: what a real shop's page would say.
fn circumstances(headers: &HeaderMap) -> Circumstances {
    let said = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let own = format!("http://{}", said(header::HOST));
    let came_from = CameFrom::read(said(header::REFERER), &own, "");
    let came_from = came_from.filter(|from| *from != CameFrom::Direct);
    Circumstances { came_from, ..Circumstances::of(headers, None, None, None) }
}

fn not_the_demo() -> Problem {
    Problem::new(ProblemKind::NotFound, "this server is not the demo shop", "start it with `equipoise demo`")
}

/// Opens the visit and does the work of a page, where blocking is allowed.
pub(super) async fn serve<F>(
    app: Arc<App>,
    headers: HeaderMap,
    uri: Uri,
    work: F,
) -> Result<Response, Problem>
where
    F: FnOnce(&Visit) -> Result<Response, Problem> + Send + 'static,
{
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let done = tokio::task::spawn_blocking(move || work(&Visit::open(app, &headers, path)?)).await;
    done.unwrap_or_else(|error| Err(Problem::internal(&error)))
}

/// A cookie that no script can read, for this visit alone; an empty value takes it away.
pub(super) fn set_cookie(response: &mut Response, name: &str, value: &str) {
    let age = if value.is_empty() { "; Max-Age=0" } else { "" };
    if let Ok(value) = HeaderValue::from_str(&format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{age}"))
    {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
