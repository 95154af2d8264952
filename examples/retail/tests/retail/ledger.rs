use retail::ledger::{Ledger, LedgerError, Rejected};

const HEADER: &str =
    "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country";

fn parse(rows: &str) -> Ledger {
    Ledger::parse(format!("{HEADER}\n{rows}").as_bytes()).unwrap()
}

fn reasons(rows: &str) -> Vec<(u64, String)> {
    let malformed = parse(rows).malformed.into_iter();
    malformed
        .map(|Rejected { line, reason }| (line, reason))
        .collect()
}

#[test]
fn a_file_in_utf_8_and_one_in_latin_1_say_the_same() {
    let text = format!("{HEADER}\n1,A,CAFÉ £ SIGN,1,01/02/2011 12:00,2.5,,EIRE\n");
    let latin: Vec<u8> = text
        .chars()
        .map(|letter| u8::try_from(u32::from(letter)).unwrap())
        .collect();
    let with_mark = format!("\u{feff}{text}");
    for (bytes, encoding) in [
        (text.as_bytes(), "UTF-8"),
        (latin.as_slice(), "windows-1252"),
        (with_mark.as_bytes(), "UTF-8"),
    ] {
        let ledger = Ledger::parse(bytes).unwrap();
        assert_eq!(ledger.encoding, encoding);
        assert_eq!(ledger.invoices[0].rows[0].description, "CAFÉ £ SIGN");
    }
}

#[test]
fn a_bad_row_is_told_by_line_and_reason_and_the_others_are_read() {
    let ledger = parse(
        "1,A,LAMP,1,01/02/2011 12:00,2.5,,EIRE\n\
         1,A,LAMP,one,01/02/2011 12:00,2.5,,EIRE\n\
         1,A,LAMP,1,2011-02-01,2.5,,EIRE\n\
         1,A,LAMP,1,01/02/2011 12:00,\"2,5\",,EIRE\n\
         ,A,LAMP,1,01/02/2011 12:00,2.5,,EIRE\n\
         1,A,LAMP,1,01/02/2011 12:00,2.5,,\n\
         1,A,LAMP,1,01/02/2011 12:00,2.5,,EIRE\n\
         1,A,LA",
    );
    assert_eq!(ledger.rows, 8);
    let bad: Vec<_> = ledger
        .malformed
        .iter()
        .map(|rejected| (rejected.line, rejected.reason.as_str()))
        .collect();
    assert_eq!(
        bad,
        [
            (3, "Quantity `one` is not a whole number"),
            (
                4,
                "InvoiceDate `2011-02-01` is not a date like 31/12/2010 16:05"
            ),
            (5, "UnitPrice `2,5` is not a decimal number like 2.55"),
            (6, "InvoiceNo is empty"),
            (7, "Country is empty"),
            (9, "3 fields where 8 were expected"),
        ]
    );
    let numbers: Vec<_> = ledger.invoices[0]
        .rows
        .iter()
        .map(|row| row.number)
        .collect();
    assert_eq!(numbers, [1, 6], "a bad row keeps its number");
}

#[test]
fn lines_are_counted_as_an_editor_counts_them() {
    let row = "1,A,LAMP,1,01/02/2011 12:00,2.5,,EIRE";
    for end in ["\n", "\r\n", "\r"] {
        let text = [HEADER, row, "", "", "bad", row, "bad"].join(end);
        let ledger = Ledger::parse(text.as_bytes()).unwrap();
        let lines: Vec<_> = ledger.malformed.iter().map(|bad| bad.line).collect();
        assert_eq!(lines, [5, 7], "{end:?}");
    }
    let spread = "1,A,\"LAMP\nWITH SHADE\",1,01/02/2011 12:00,2.5,,EIRE\nbad\n";
    assert_eq!(reasons(spread)[0].0, 4);
}

#[test]
fn rows_of_an_invoice_belong_together_however_they_are_spread() {
    let ledger = parse(
        "1,A,LAMP,1,01/02/2011 12:00,2.5,,EIRE\n\
         2,A,LAMP,1,01/02/2011 12:00,2.5,,EIRE\n\
         1,B,JUG,1,01/02/2011 12:00,2.5,,EIRE\n",
    );
    let sizes: Vec<_> = ledger
        .invoices
        .iter()
        .map(|invoice| invoice.rows.len())
        .collect();
    assert_eq!(sizes, [2, 1]);
}

#[test]
fn a_field_that_no_store_could_keep_is_a_bad_row() {
    let long = "X".repeat(1_001);
    let rows = format!(
        "{long},A,LAMP,1,01/02/2011 12:00,2.5,,EIRE\n1,A,LA\0MP,1,01/02/2011 12:00,2.5,,EIRE\n"
    );
    assert_eq!(
        reasons(&rows),
        [
            (2, "InvoiceNo is longer than 1000 bytes".to_owned()),
            (3, "Description holds a NUL character".to_owned()),
        ]
    );
}

#[test]
fn a_file_that_is_no_ledger_is_refused() {
    for bytes in [&b""[..], b"\x89PNG\r\n\x1a\n\0\0", b"a,b,c\n1,2,3\n"] {
        assert!(Ledger::parse(bytes).is_none());
    }
    let missing = Ledger::read("no/such/ledger.csv".as_ref()).unwrap_err();
    assert!(matches!(missing, LedgerError::Unreadable { .. }));
    assert!(missing.to_string().contains("no/such/ledger.csv"));
}
