//! The formats of which no sample may be copied: small files written here after their public descriptions.

use std::fmt::Write;
use tg_statement::{Direction, Refused, Statement, examine};

fn read(bytes: &[u8]) -> Statement {
    examine(bytes).expect("is a statement")
}

/// `date time direction amount counterparty` of each row.
fn rows(s: &Statement) -> Vec<String> {
    s.transactions
        .iter()
        .map(|t| {
            let way = if t.direction == Direction::In { "in" } else { "out" };
            let time = t.time.map_or(String::new(), |t| format!(" {t}"));
            format!("{}{time} {way} {} {}", t.date, t.amount, t.who())
        })
        .collect()
}

fn checks(s: &Statement) -> Vec<(&str, bool)> {
    s.checks.iter().map(|c| (c.code, c.ok)).collect()
}

/// Alipay's form: 24 lines before the header, GB18030, padded cells, a comma at each line's end.
fn alipay() -> Vec<u8> {
    let mut text = String::from(
        "------------------------------------------------------------------------------------\n导出信息：\n姓名：某某\n支付宝账户：demo@example.com\n起始时间：[2024-01-01 00:00:00]    终止时间：[2024-01-31 23:59:59]\n导出交易类型：[全部]\n导出时间：[2024-02-01 10:00:00]\n共5笔记录\n收入：1笔 88.00元\n支出：2笔 328.50元\n不计收支：2笔 129.00元\n\n特别提示：\n",
    );
    for n in 1..=10 {
        writeln!(text, "{n}.本回单内容仅供参考，如经涂改即失效；").expect("writes");
    }
    text.push_str(
        "------------------------支付宝（中国）网络技术有限公司  电子客户回单------------------------\n",
    );
    assert_eq!(text.lines().count(), 24);
    text.push_str("交易时间,交易分类,交易对方,对方账号,商品说明,收/支,金额,收/付款方式,交易状态,交易订单号,商家订单号,备注,\n");
    for row in [
        "2024-01-20 12:00:00,餐饮美食,联裕咖啡,lyk***@example.com,咖啡,支出,29.50,余额宝,交易成功,20240120220014\t,M1\t,,",
        "2024-01-19 01:30:00,其他,某支付科技,xx***,POS机押金,支出,299.00,工商银行(1234),交易成功,20240119220013\t,M2\t,,",
        "2024-01-18 09:00:00,退款,某网店,xx***,退款-鞋,不计收支,100.00,余额,退款成功,20240118220012\t,M3\t,,",
        "2024-01-17 09:00:00,日用百货,某网店,xx***,杯子,不计收支,29.00,余额,交易关闭,20240117220011\t,M4\t,,",
        "2024-01-16 09:00:00,转账红包,张某,zh***,转账,收入,88.00,余额,交易成功,20240116220010\t,\t,,",
    ] {
        text.push_str(row);
        text.push('\n');
    }
    encoding_rs::GB18030.encode(&text).0.into_owned()
}

#[test]
fn alipay_in_gb18030_with_its_totals() {
    let s = read(&alipay());
    assert_eq!((s.format.as_str(), s.account.as_deref()), ("alipay", Some("demo@example.com")));
    assert_eq!(
        rows(&s),
        [
            "2024-01-20 12:00:00 out 29.50 联裕咖啡",
            "2024-01-19 01:30:00 out 299.00 某支付科技",
            "2024-01-18 09:00:00 in 100.00 某网店",
            "2024-01-17 09:00:00 out 29.00 某网店",
            "2024-01-16 09:00:00 in 88.00 张某",
        ]
    );
    assert_eq!(
        checks(&s),
        [("record_count", true), ("income_total", true), ("spending_total", true), ("period", true)]
    );
    assert!(s.transactions[2].neutral && s.transactions[3].void);
    let deposit = s.findings.iter().find(|f| f.code == "pos_deposit").expect("is found");
    assert_eq!(deposit.rows, [1]);
    let numbers: Vec<&str> = deposit.contacts.iter().map(|c| c.number.as_str()).collect();
    assert_eq!(numbers, ["95188", "96110"]);
    assert!(s.findings.iter().any(|f| f.code == "night"));
}

/// A ZIP of stored parts, and deflated ones.
fn zip(parts: &[(&str, Vec<u8>, bool)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content, deflate) in parts {
        let data = if *deflate { miniz_oxide::deflate::compress_to_vec(content, 6) } else { content.clone() };
        let method: u16 = if *deflate { 8 } else { 0 };
        let at = u32::try_from(out.len()).expect("small");
        let sizes: Vec<u8> =
            [data.len(), content.len()].iter().flat_map(|n| (*n as u32).to_le_bytes()).collect();
        let mut middle = vec![20, 0, 0, 0];
        middle.extend(method.to_le_bytes());
        middle.extend([0; 8]);
        middle.extend(&sizes);
        middle.extend((name.len() as u16).to_le_bytes());
        middle.extend([0; 2]);
        out.extend(b"PK\x03\x04");
        out.extend(&middle);
        out.extend(name.as_bytes());
        out.extend(&data);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&middle);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend((parts.len() as u16).to_le_bytes());
    out.extend((parts.len() as u16).to_le_bytes());
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0; 2]);
    out
}

fn wechat_xlsx() -> Vec<u8> {
    let shared = "<sst><si><t>微信支付账单明细</t></si><si><t>交易时间</t></si><si><r><t>收</t></r><r><t>/支</t></r></si>\
        <si><t>金额(元)</t></si><si><t>交易对方</t></si><si><t>支出</t></si><si><t>联裕咖啡&amp;茶</t></si></sst>";
    let sheet = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>\
        <row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>共1笔记录</t></is></c></row>\
        <row r=\"3\"><c r=\"A3\" t=\"s\"><v>1</v></c><c r=\"B3\" t=\"s\"><v>4</v></c><c r=\"C3\" t=\"s\"><v>2</v></c><c r=\"E3\" t=\"s\"><v>3</v></c></row>\
        <row r=\"4\"><c r=\"A4\"><v>45657.520833333336</v></c><c r=\"B4\" t=\"s\"><v>6</v></c><c r=\"C4\" t=\"s\"><v>5</v></c>\
        <c r=\"E4\"><f>1+1</f><v>25.300000000000001</v></c></row></sheetData></worksheet>";
    zip(&[("xl/sharedStrings.xml", shared.into(), true), ("xl/worksheets/sheet1.xml", sheet.into(), true)])
}

#[test]
fn wechat_as_excel() {
    let s = read(&wechat_xlsx());
    assert_eq!(
        (s.format.as_str(), rows(&s)),
        ("wechat", vec!["2024-12-31 12:30:00 out 25.30 联裕咖啡&茶".to_owned()])
    );
    assert_eq!(checks(&s), [("record_count", true), ("columns", false)]);
    let says = &s.checks[1].text;
    assert!(
        says.zh.contains("缺少的列：交易类型、商品、支付方式、当前状态") && says.en.contains("new: none"),
        "{says:?}"
    );
}

#[test]
fn a_zip_bomb_is_refused() {
    let bomb = zip(&[("xl/worksheets/sheet1.xml", vec![b' '; tg_statement::UNPACKED_BYTES_MAX + 1], true)]);
    assert!(bomb.len() < 1 << 20);
    assert_eq!(examine(&bomb).err(), Some(Refused::TooLarge("unpacked")));
    // One long string named from many cells.
    let shared = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(1 << 20));
    let cell = "<row><c t=\"s\"><v>0</v></c></row>".repeat(1_000);
    let echo = zip(&[
        ("xl/sharedStrings.xml", shared.into_bytes(), true),
        ("xl/worksheets/sheet1.xml", cell.into_bytes(), true),
    ]);
    assert_eq!(examine(&echo).err(), Some(Refused::TooLarge("unpacked")));
}

#[test]
fn too_large_and_no_statement_are_said() {
    assert_eq!(examine(&vec![b'a'; tg_statement::FILE_BYTES_MAX + 1]).err(), Some(Refused::TooLarge("file")));
    let many = format!("date,amount,name\n{}", "2024-01-01,-1,a\n".repeat(tg_statement::ROWS_MAX));
    assert_eq!(examine(many.as_bytes()).err(), Some(Refused::TooLarge("rows")));
    for text in ["", "hello", "a,b\n1,2\n", "\0\0\0"] {
        assert_eq!(examine(text.as_bytes()).err(), Some(Refused::NoTransactions), "{text}");
    }
    assert_eq!(examine(b"PK\x03\x04xx").err(), Some(Refused::Damaged("zip")));
}

#[test]
fn ofx_sgml_and_xml() {
    let sgml = "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>000111222333</BANKACCTFROM>\
        <BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240105120000[-5:EST]<TRNAMT>-12.34<FITID>A1<NAME>Coffee &amp; Co<MEMO>x</STMTTRN>\
        <STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20240106<TRNAMT>100.00<FITID>A2<NAME>Pay</STMTTRN></BANKTRANLIST>\
        <LEDGERBAL><BALAMT>187.66<DTASOF>20240131</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>";
    let xml = "<?xml version=\"1.0\"?><?OFX OFXHEADER=\"200\"?><OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>USD</CURDEF>\
        <CCACCTFROM><ACCTID>000111222333</ACCTID></CCACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20240105120000</DTPOSTED>\
        <TRNAMT>-12.34</TRNAMT><FITID>A1</FITID><NAME>Coffee &amp; Co</NAME></STMTTRN><STMTTRN><TRNTYPE>CREDIT</TRNTYPE><DTPOSTED>20240106</DTPOSTED>\
        <TRNAMT>100.00</TRNAMT><FITID>A2</FITID><NAME>Pay</NAME></STMTTRN></BANKTRANLIST><LEDGERBAL><BALAMT>187.66</BALAMT></LEDGERBAL>\
        </CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>";
    for text in [sgml, xml] {
        let s = read(text.as_bytes());
        assert_eq!(rows(&s), ["2024-01-05 out 12.34 Coffee & Co", "2024-01-06 in 100.00 Pay"]);
        assert_eq!(
            (s.format.as_str(), s.currency.as_deref(), s.account.as_deref()),
            ("ofx", Some("USD"), Some("000111**2333"))
        );
        assert_eq!(s.closing_balance.map(|b| b.to_string()).as_deref(), Some("187.66"));
    }
}

#[test]
fn qif_with_american_dates() {
    let s =
        read(b"!Type:Bank\nD1/5'24\nT-12.34\nPCoffee\nMlatte\nN101\n^\nD12/31/2024\nT1,000.00\nPPay\n^\n");
    assert_eq!(rows(&s), ["2024-01-05 out 12.34 Coffee", "2024-12-31 in 1000.00 Pay"]);
}

#[test]
fn mt940_with_balances_and_purpose() {
    let text = ":20:STARTUMS\n:25:10020030/1234567\n:28C:1/1\n:60F:C240101EUR1000,00\n:61:2401020102DR12,5NMSCNONREF//B1\n:86:166?00LASTSCHRIFT?20Kaffee?21bohnen?32Café\n GmbH\n:61:240103C100,NTRFREF7\n:86:Lohn\n:62F:C240131EUR1087,50\n-\n";
    let s = read(text.as_bytes());
    assert_eq!(rows(&s), ["2024-01-02 out 12.50 Café GmbH", "2024-01-03 in 100.00 Lohn"]);
    assert_eq!(checks(&s), [("balance_total", true)]);
    assert_eq!((s.currency.as_deref(), s.transactions[0].reference.as_deref()), (Some("EUR"), Some("B1")));
    let edited = text.replace("12,5N", "13,5N");
    assert_eq!(checks(&read(edited.as_bytes())), [("balance_total", false)]);
}

#[test]
fn camt_053() {
    let text = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Acct><Id><IBAN>XX00TEST</IBAN></Id><Ccy>EUR</Ccy></Acct>\
        <Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>\
        <Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">7.50</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>\
        <Ntry><Amt Ccy=\"EUR\">2.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-01-02</Dt></BookgDt><AcctSvcrRef>R1</AcctSvcrRef>\
        <NtryDtls><TxDtls><RltdPties><Dbtr><Nm>Me</Nm></Dbtr><Cdtr><Nm>Bäcker</Nm></Cdtr></RltdPties><RmtInf><Ustrd>Brot</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>";
    let s = read(text.as_bytes());
    assert_eq!(
        (rows(&s), checks(&s)),
        (vec!["2024-01-02 out 2.50 Bäcker".to_owned()], vec![("balance_total", true)])
    );
    assert_eq!((s.account.as_deref(), s.format.as_str()), (Some("XX00TEST"), "camt053"));
}

#[test]
fn csv_in_general() {
    let s = read(
        "Datum;Payee;Betrag;Saldo\n05.01.2024;Kaffee;-12,50;87,50\n06.01.2024;Lohn;1.000,00;1.087,50\n"
            .as_bytes(),
    );
    assert_eq!(rows(&s), ["2024-01-05 out 12.50 Kaffee", "2024-01-06 in 1000.00 Lohn"]);
    assert_eq!(checks(&s), [("running_balance", true)]);
    assert_eq!(s.opening_balance.map(|b| b.to_string()).as_deref(), Some("100.00"));
    // No header: date, text, spending, income, balance.
    let s =
        read(b"01/15/2024,COFFEE,3.50,,96.50\n01/16/2024,PAY,,50.00,146.50\n01/17/2024,TEA,2.00,,144.50\n");
    assert_eq!(
        rows(&s),
        ["2024-01-15 out 3.50 COFFEE", "2024-01-16 in 50.00 PAY", "2024-01-17 out 2.00 TEA"]
    );
    assert_eq!(checks(&s), [("running_balance", true)]);
    // A changed column and a formula: said, not guessed, not run.
    let s = read(b"date,amount,name\n2024-01-05,=1+1,x\n2024-01-06,-5.00,y\n");
    assert_eq!((rows(&s).len(), checks(&s)), (1, vec![("unread_rows", false)]));
}

#[test]
fn card_numbers_are_masked_everywhere() {
    // 4111111111111111 is a published test number.
    let s = read("日期,对方户名,摘要,金额,卡号\n2024-01-05,4111111111111111,付4111 1111 1111 1111,-5.00,4111111111111111\n2024-01-06,b,c,-6,4111111111111111\n".as_bytes());
    let json = serde_json::to_string(&s).expect("serialises");
    assert!(
        !json.contains("4111111111111111")
            && !json.contains("1111 1111 1111")
            && json.contains("411111******1111"),
        "{json}"
    );
}
