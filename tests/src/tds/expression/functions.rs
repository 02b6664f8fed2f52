//! The functions that a statement may call: some that work on text, and some that tell the server's clock and
//! the rights of the login.

use sqlparser::ast::{Function as Call, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::{Node, Scope, Typed};
use crate::tds::error::ServerError;
use crate::tds::moment::Moment;
use crate::tds::statement::parts;
use crate::tds::types::SqlType;
use crate::tds::value::{Value, fold, without_trailing_blanks};

/// A function of values.
#[derive(Clone, Copy, Debug)]
pub(in crate::tds) enum Function {
    /// `LTRIM`, `RTRIM`, `TRIM`.
    Trim { left: bool, right: bool },
    /// `REPLACE(text, what, with)`.
    Replace,
    /// `LEFT(text, length)`.
    Left,
    /// `SUBSTRING(text, from, length)`.
    Substring,
    /// `LEN(text)`.
    Len,
    /// `DATALENGTH(value)`, of text and bytes.
    DataLength { unicode: bool },
}

/// Compiles a call.
pub(super) fn compile(scope: &Scope<'_>, call: &Call) -> Result<Typed, ServerError> {
    let name = parts(&call.name)?.join(".").to_ascii_uppercase();
    let plain = call.over.is_none()
        && call.filter.is_none()
        && call.within_group.is_empty()
        && call.null_treatment.is_none();
    let arguments = match &call.args {
        FunctionArguments::List(list)
            if plain && list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
        {
            let argument = |argument: &FunctionArg| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => scope.value(expr),
                _ => Err(ServerError::not_done(format!("the call {call}"))),
            };
            list.args.iter().map(argument).collect::<Result<Vec<_>, _>>()?
        }
        _ => return Err(ServerError::not_done(format!("the call {call}"))),
    };
    let function = match (name.as_str(), arguments.len()) {
        ("LTRIM", 1) => Function::Trim { left: true, right: false },
        ("RTRIM", 1) => Function::Trim { left: false, right: true },
        ("TRIM", 1) => Function::Trim { left: true, right: true },
        ("REPLACE", 3) => Function::Replace,
        ("LEFT", 2) => Function::Left,
        ("SUBSTRING", 3) => Function::Substring,
        ("LEN", 1) => Function::Len,
        ("DATALENGTH", 1) => Function::DataLength { unicode: arguments[0].ty.is_unicode() },
        _ => {
            return about_the_server(scope, &name, &arguments)
                .unwrap_or_else(|| Err(ServerError::not_done(format!("the function {call}"))));
        }
    };
    typed(function, arguments)
}

/// A call with the type of its result. Arguments that must be text are converted.
pub(super) fn typed(function: Function, arguments: Vec<Typed>) -> Result<Typed, ServerError> {
    let texts = if matches!(function, Function::Replace) { 3 } else { 1 };
    let mut compiled = Vec::with_capacity(arguments.len());
    for (i, argument) in arguments.into_iter().enumerate() {
        compiled.push(match function {
            Function::DataLength { .. } => argument,
            _ if i < texts && argument.ty.is_legacy() => {
                let message = format!(
                    "Argument data type {} is invalid for argument {} of a text function.",
                    argument.ty.name(),
                    i + 1
                );
                return Err(ServerError::new(8116, 16, message));
            }
            _ if i < texts && argument.ty.is_text() => argument,
            _ if i < texts => argument.cast_to(SqlType::VarChar(Some(8000)))?,
            _ => argument.cast_to(SqlType::Int)?,
        });
    }
    let unicode = compiled.iter().any(|argument| argument.ty.is_unicode());
    let max = matches!(compiled[0].ty, SqlType::NVarChar(None) | SqlType::VarChar(None));
    let ty = match function {
        Function::Len | Function::DataLength { .. } => SqlType::Int,
        _ if unicode => SqlType::NVarChar((!max).then_some(4000)),
        _ => SqlType::VarChar((!max).then_some(8000)),
    };
    Ok(Typed { node: Node::Call { function, arguments: compiled }, ty })
}

impl Function {
    /// The result for these values. It is NULL if one of them is.
    pub(super) fn call(self, values: &[Value]) -> Result<Value, ServerError> {
        const BLANK: u16 = b' ' as u16;
        if values.contains(&Value::Null) {
            return Ok(Value::Null);
        }
        Ok(match (self, values) {
            (Self::Trim { left, right }, [Value::Text(text)]) => {
                let text = if right { without_trailing_blanks(text) } else { text };
                let from =
                    if left { text.iter().position(|unit| *unit != BLANK).unwrap_or(text.len()) } else { 0 };
                Value::Text(text[from..].to_vec())
            }
            (Self::Replace, [Value::Text(text), Value::Text(what), Value::Text(with)]) => {
                Value::Text(replace(text, what, with))
            }
            (Self::Left, [Value::Text(text), Value::Int(length)]) => {
                Value::Text(text[..within(*length, text.len())?].to_vec())
            }
            (Self::Substring, [Value::Text(text), Value::Int(from), Value::Int(length)]) => {
                let end = within(from - 1 + length, text.len())?;
                Value::Text(text[within((from - 1).max(0), end)?..end].to_vec())
            }
            (Self::Len, [Value::Text(text)]) => Value::count(without_trailing_blanks(text).len()),
            (Self::DataLength { unicode }, [Value::Text(text)]) => {
                Value::count(text.len() * if unicode { 2 } else { 1 })
            }
            (Self::DataLength { .. }, [Value::Bytes(bytes)]) => Value::count(bytes.len()),
            _ => return Err(ServerError::not_done(format!("{self:?} of such values"))),
        })
    }
}

fn within(length: i64, most: usize) -> Result<usize, ServerError> {
    let length = usize::try_from(length).map_err(|_| {
        ServerError::new(537, 16, "Invalid length parameter passed to the LEFT or SUBSTRING function.")
    })?;
    Ok(length.min(most))
}

fn replace(text: &[u16], what: &[u16], with: &[u16]) -> Vec<u16> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let found = !what.is_empty()
            && rest.len() >= what.len()
            && rest.iter().zip(what).all(|(a, b)| fold(*a) == fold(*b));
        if found {
            replaced.extend_from_slice(with);
            rest = &rest[what.len()..];
        } else {
            replaced.push(*first);
            rest = after;
        }
    }
    replaced
}

/// The result of a function that does not depend on a row. `None` if there is no such function.
fn about_the_server(
    scope: &Scope<'_>,
    name: &str,
    arguments: &[Typed],
) -> Option<Result<Typed, ServerError>> {
    let server = scope.server;
    let values: Vec<&Value> = arguments
        .iter()
        .map_while(|argument| if let Node::Value(value) = &argument.node { Some(value) } else { None })
        .collect();
    let text = |i: usize| match values.get(i) {
        Some(Value::Text(units)) => String::from_utf16_lossy(units).to_ascii_uppercase(),
        _ => String::new(),
    };
    let answer = |value: Value, ty| Some(Ok(Typed { node: Node::Value(value), ty }));
    let flag = |holds: Option<bool>| answer(Value::int(holds.map(i64::from)), SqlType::Int);
    let moment = Value::Moment(Moment::of(server.now()));
    match (name, values.as_slice()) {
        ("CHAR", [Value::Int(code)]) => {
            let byte =
                u8::try_from(*code).ok().map(|byte| encoding_rs::WINDOWS_1252.decode(&[byte]).0.into_owned());
            answer(byte.map_or(Value::Null, |text| Value::text(&text)), SqlType::VarChar(Some(1)))
        }
        ("NCHAR", [Value::Int(code)]) => answer(
            u16::try_from(*code).map_or(Value::Null, |unit| Value::Text(vec![unit])),
            SqlType::NVarChar(Some(1)),
        ),
        ("HAS_PERMS_BY_NAME", [_, _, _, ..]) => flag(server.may(&text(0), &text(1), &text(2))),
        ("IS_SRVROLEMEMBER", [_]) => flag(server.in_server_role(&text(0))),
        ("IS_ROLEMEMBER" | "IS_MEMBER", [_]) => flag(server.in_database_role(&text(0))),
        ("DB_NAME", []) => answer(Value::text(crate::tds::DATABASE), SqlType::NVarChar(Some(128))),
        ("SUSER_SNAME" | "ORIGINAL_LOGIN" | "USER_NAME", []) => {
            answer(Value::text(crate::tds::USER), SqlType::NVarChar(Some(128)))
        }
        ("SYSDATETIME" | "SYSUTCDATETIME", []) => answer(moment, SqlType::DateTime2(7)),
        ("SYSDATETIMEOFFSET", []) => answer(moment, SqlType::DateTimeOffset(7)),
        ("GETDATE" | "GETUTCDATE" | "CURRENT_TIMESTAMP", []) => Some(
            crate::tds::cast::cast(&moment, SqlType::DateTime)
                .map(|value| Typed { node: Node::Value(value), ty: SqlType::DateTime }),
        ),
        _ => None,
    }
}
