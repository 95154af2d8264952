use proc_macro_crate::{FoundCrate, crate_name};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::Path;

/// The path to the `mink` crate as the user's crate names it.
pub(crate) enum Root {
    /// What `crate = path` says.
    Declared(Path),
    /// What the user's `Cargo.toml` calls it.
    Dependency(String),
}

impl Root {
    /// What `crate = path` says, else what the user's `Cargo.toml` calls `mink`.
    pub(crate) fn new(declared: Option<&Path>) -> Self {
        if let Some(path) = declared {
            return Self::Declared(path.clone());
        }
        match crate_name("mink") {
            Ok(FoundCrate::Name(name)) => Self::Dependency(name),
            // an unreadable manifest: the usual name gives the compiler's own "unresolved" error where it is wrong
            Ok(FoundCrate::Itself) | Err(_) => Self::Dependency("mink".to_owned()),
        }
    }

    /// The path with its tokens at `span`.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        match self {
            // its tokens keep their places: `$crate` means what it means only there
            Self::Declared(path) => path.to_token_stream(),
            Self::Dependency(name) => {
                let name = Ident::new(name, span);
                quote_spanned!(span=> ::#name)
            }
        }
    }

    /// `Location::here()`, which answers with the line of the token at `span`.
    pub(crate) fn location(&self, span: Span) -> TokenStream {
        let root = self.at(span);
        quote_spanned!(span=> #root::registry::Location::here())
    }

    /// The same path as the text of a string literal, for `#[serde(crate = "...")]`.
    pub(crate) fn private(&self, module: &str) -> String {
        let path: String = self
            .at(Span::call_site())
            .into_iter()
            .map(|tree| tree.to_string())
            .collect();
        format!("{path}::__private::{module}")
    }
}

impl ToTokens for Root {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.at(Span::call_site()).to_tokens(tokens);
    }
}
