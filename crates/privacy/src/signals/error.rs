//! What is wrong with a consent string. The words never repeat the string, which is one person's.

/// A string can't be read, or a record can't be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignalError {
    /// A character outside the alphabet of RFC 4648 section 5.
    #[error("the text is not base64url")]
    NotBase64Url,
    /// The bits end before the field does.
    #[error("the text ends within `{0}`")]
    Short(&'static str),
    /// A value that the specification doesn't define.
    #[error("`{0}` has a value that its specification doesn't define")]
    Undefined(&'static str),
    /// A value that needs more bits than the field has.
    #[error("`{0}` is larger than its field")]
    TooLarge(&'static str),
    /// A version that isn't read here.
    #[error("version {found} of `{of}` is not known")]
    Version {
        /// Of what.
        of: &'static str,
        /// The version that the text names.
        found: u64,
    },
    /// A segment that the specification doesn't define.
    #[error("there is no segment of kind {0}")]
    Segment(u64),
    /// A segment or section that may stand only once.
    #[error("`{0}` stands there twice")]
    Twice(&'static str),
    /// A segment that must be there.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// The header of a GPP string and its sections don't agree.
    #[error("the header doesn't name the sections that follow it")]
    Sections,
}
