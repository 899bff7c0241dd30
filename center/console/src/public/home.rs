//! The front page: nine plain questions in three groups. No sign-in, no marketing.

use super::{Group, Page, PublicFrame, QUESTIONS, icon, page};
use maud::{Markup, html};

/// The front page.
pub fn home(frame: &PublicFrame) -> Markup {
    let there = |group| QUESTIONS.iter().filter(move |q| q.group == group && frame.open.contains(&q.path));
    let body = html! {
        h1 { (frame.pick("遇到什么事？", "What happened?")) }
        p.lead {
            (frame.pick(
                "不用登录，也不会问您密码或验证码。",
                "No sign-in. Nobody here asks for your PIN or a code you were sent.",
            ))
        }
        @for group in Group::ALL {
            @if there(group).next().is_some() {
                section.group {
                    h2.cap { (frame.text(&group.title())) }
                    ul.rows.sheet {
                        @for question in there(group) {
                            li {
                                a.now[question.urgent] href=(question.path) {
                                    (icon(question.icon))
                                    b { (frame.text(&question.title)) }
                                    svg.i.go aria-hidden="true" { use href="#i-next" {} }
                                    small { (frame.text(&question.hint)) }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if frame.open.contains(&"/safe") {
            p { a.textlink href="/safe" { (frame.pick("怎样用卡更稳妥", "How to pay safely")) (icon("next")) } }
        }
    };
    page(frame, Page { title: frame.pick("遇到什么事？", "What happened?"), body, ..Page::default() })
}
