//! Subresource Integrity: the hash by which a browser knows that a script is the one that was meant
//! (W3C Subresource Integrity, section 3.1). Nothing personal may be hashed here: the result is public.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The value of an `integrity` attribute for a file's bytes: `sha384-` and the digest in Base64.
///
/// ```
/// let empty = privacy::integrity::of(b"");
/// assert_eq!(empty, "sha384-OLBgp1GsljhM2TJ+sbHjaiH9txEUvgdDTAzHv2P24donTt6/529l+9Ua0vFImLlb");
/// ```
#[must_use]
pub fn of(bytes: &[u8]) -> String {
    format!("sha384-{}", STANDARD.encode(digest::digest(&digest::SHA384, bytes)))
}
