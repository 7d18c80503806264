package discover

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scripted reports whether a value is built like a full name in Hangul, in the
// characters of Chinese or Japanese, or in Arabic letters: a frequent surname, or given name,
// where it belongs. Words of these scripts are no words of the dictionaries, and
// many begin alike, so only a column of such values says anything.
func scripted(v string) bool {
	r, _ := utf8.DecodeRuneInString(v)
	switch {
	case r < 0x600:
		return false
	case unicode.Is(unicode.Arabic, r):
		ws := strings.Fields(v)
		return len(ws) >= 2 && len(ws) <= 5 && all(v, unicode.Arabic) && arabicNames[strings.Map(bareArabic, ws[0])]
	case unicode.Is(unicode.Hangul, r):
		first, rest := v[:utf8.RuneLen(r)], strings.TrimSpace(v[utf8.RuneLen(r):])
		return koreanSurnames[first] && utf8.RuneCountInString(rest) == 2 && all(rest, unicode.Hangul)
	case unicode.Is(unicode.Han, r):
		if n := utf8.RuneCountInString(v); n >= 2 && n <= 3 && all(v, unicode.Han) && chineseSurnames[string(r)] {
			return true
		}
		cut := 2 * utf8.RuneLen(r)
		if len(v) <= cut || !japaneseSurnames[v[:cut]] {
			return false
		}
		given := strings.TrimSpace(v[cut:])
		n := utf8.RuneCountInString(given)
		return n >= 1 && n <= 4 && all(given, unicode.Han, unicode.Hiragana, unicode.Katakana)
	}
	return false
}

// all reports whether a text has nothing but spaces and characters of scripts.
func all(v string, scripts ...*unicode.RangeTable) bool {
	for _, r := range v {
		if !unicode.IsSpace(r) && !unicode.In(r, scripts...) && !unicode.Is(unicode.Mn, r) {
			return false
		}
	}
	return true
}

// bareArabic writes the forms of alif and ya alike, without vowel signs.
func bareArabic(r rune) rune {
	switch {
	case r == 'أ', r == 'إ', r == 'آ':
		return 'ا'
	case r == 'ى':
		return 'ي'
	case unicode.Is(unicode.Mn, r), r == 'ـ':
		return -1
	}
	return r
}

// The surnames that most Koreans and Chinese and many Japanese have, and frequent given names
// of the Arab world, as Arabic letters without their signs.
var (
	koreanSurnames = set(strings.Fields("김 이 박 최 정 강 조 윤 장 임 한 오 서 신 권 황 안 송 류 유 전 홍 고 문 양 손 배 백 허 남 심 노 하 곽 성 차 주 우 구 민 진 나 지 엄 채 원 천 방 공 현")...)

	chineseSurnames = set(strings.Fields("王 李 张 張 刘 劉 陈 陳 杨 楊 黄 黃 赵 趙 吴 吳 周 徐 孙 孫 马 馬 朱 胡 郭 何 林 罗 羅 郑 鄭 梁 谢 謝 宋 唐 许 許 韩 韓 邓 鄧 冯 馮 曹 彭 曾 肖 蕭 田 董 潘 袁 蔡 蒋 蔣 余 于 杜 叶 葉 程 魏 苏 蘇 吕 呂 丁 任 卢 盧 姚 沈 钟 鍾 姜 崔 谭 譚 陆 陸 范 汪 廖 石 贾 賈 韦 夏 付 邹 鄒 熊 孟 秦 邱 江 尹 薛 闫 段 雷 侯 龙 史 陶 贺 賀 顾 顧 毛 郝 龚 邵 万 钱 錢 严 嚴 武 戴 莫 孔 汤 湯")...)

	japaneseSurnames = set(strings.Fields("佐藤 鈴木 高橋 田中 伊藤 渡辺 渡邊 山本 中村 小林 加藤 吉田 山田 佐々 山口 松本 井上 木村 斎藤 斉藤 齋藤 清水 山崎 阿部 池田 橋本 山下 石川 中島 前田 藤田 後藤 小川 岡田 村上 長谷 近藤 石井 坂本 遠藤 藤井 青木 福田 三浦 西村 藤原 太田 松田 原田 岡本 中野 中川 小野 田村 竹内 金子 和田 中山 石田 上田 森田 柴田 酒井 工藤 横山 宮崎 宮本 内田 高木 安藤 谷口 大野 丸山 今井 藤本 村田 武田 上野 杉山 増田 平野 菅原 久保 小島 千葉 岩崎 桜井 野口 松尾 木下 菊地 野村 新井")...)

	arabicNames = set(strings.Fields("محمد احمد محمود علي حسن حسين عمر عثمان خالد يوسف ابراهيم اسماعيل عبدالله عبدالرحمن عبدالعزيز عبد سعيد سعد سالم سليمان صالح مصطفي كريم طارق وليد ياسر زياد فيصل فهد ناصر ماجد رامي سامي هاني بلال حمزة جمال كمال عادل عمار انس ايمن اشرف فاطمة عائشة خديجة زينب مريم سارة نور ليلي امينة هدي مني هند رانيا سلمي ياسمين دينا ريم نادية سميرة امل اسماء ايمان حنان سعاد نجلاء")...)
)
