package discover

import (
	"testing"

	"refresher/internal/pii"
	"refresher/internal/pii/detect"
	"refresher/internal/postgres/catalog"
	"refresher/internal/scrub/transform"
)

// Words, abbreviations and initials of more languages.
func TestNamesInMoreTongues(t *testing.T) {
	for name, want := range map[string]pii.Class{
		"geb_date": pii.BirthDate, "GebDat": pii.BirthDate, "anrede": Gender, "civilite": Gender, "krankheit": Special, "Erkrankungen": Special, "enfermedad": Special, "blood_grp": Special, "Blutgruppe": Special,
		"gewerkschaft": Special, "trade_union": Special, "nazw": pii.LastName, "nip": pii.NationalID, "ceptel": pii.Phone, "cep": pii.Postcode,
		"xm": pii.FullName, "xingming": pii.FullName, "sjh": pii.Phone, "shouji": pii.Phone, "sfzh": pii.NationalID, "sfz": pii.NationalID, "dz": pii.Street, "mima": pii.Token,
		"score_credito": Financial, "Versicherungsnummer": pii.NationalID, "Kreditkartennummer": pii.CreditCard, "telefon_kontaktni": pii.Phone, "место_рождения": pii.City, "adresse_email": pii.Email, "tanggal_lahir": pii.BirthDate,
		"nomor_telepon": pii.Phone, "numer_telefonu": pii.Phone, "fecha_de_nacimiento": pii.BirthDate, "apellido_del_padre": pii.LastName, "電話番号": pii.Phone, "생년월일": pii.BirthDate, "titular_cuenta": pii.FullName,
		"nom_naissance": pii.LastName, "maedchenname": pii.LastName, "luogo_nasc": pii.City, "ktoivorname": pii.FirstName, "num_tit_eleitor": pii.NationalID, "st_obcanstvi": pii.Country,
		"numero_socio": pii.NationalID, "Policennummer": pii.NationalID, "numero_passager": pii.NationalID,
		"police_number": pii.None, "list_number": pii.None, "data_type": pii.None,
		"union_id": pii.None, "blood_bank_id": pii.None, "snippet": pii.None, "dzone": pii.None,
	} {
		if got := hintOf(understand(name), transform.FamilyText, understand("")).class; got != want {
			t.Errorf("%q is %s, want %s (%v)", name, got, want, understand(name).parts)
		}
	}
}

func TestValuesInMoreTongues(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []string
		want   pii.Class
	}{
		{"ref1", []string{"김민준", "이서연", "박지훈", "최수빈", "정하은", "강도윤"}, pii.FullName},
		{"ref1", []string{"佐藤 花子", "鈴木一郎", "高橋 健太", "田中美咲", "伊藤翔太", "渡辺 結衣"}, pii.FullName},
		{"ref1", []string{"محمد علي", "فاطمة الزهراء", "أحمد حسن", "خالد العتيبي", "مريم يوسف", "عمر سالم"}, pii.FullName},
		{"ref1", []string{"王小明", "李娜", "张伟", "刘洋", "陈静", "杨帆"}, pii.FullName},
		{"ref1", []string{"Иванова Мария Петровна", "Смирнов Алексей", "Ольга Кузнецова", "Дмитрий Соколов"}, pii.FullName},
		{"ref1", []string{"Γιώργος Παπαδόπουλος", "Μαρία Γεωργίου", "Δημήτρης Νικολάου", "Ελένη Βασιλείου"}, pii.FullName},
		{"ref1", []string{"Priyanka Deshmukh", "Rohit Kulkarni", "Sneha Iyer", "Manoj Tiwari"}, pii.FullName},
		{"ref1", []string{"Giulia Esposito", "Matteo Ferrara", "Chiara Galli", "Luca Marchetti"}, pii.FullName},
		{"ref1", []string{"Ayşe Yılmaz", "Mehmet Demir", "Zeynep Kaya", "Hüseyin Çelik"}, pii.FullName},
		{"ref1", []string{"冰箱", "电视机", "笔记本电脑", "手机", "空调", "洗衣机"}, pii.None},
		{"ref1", []string{"Холодильник Bosch", "Телевизор Samsung", "Ноутбук Lenovo", "Чайник"}, pii.None},
		{"ref1", []string{"서울", "부산시", "자동차", "컴퓨터", "냉장고", "노트북"}, pii.None},
		{"ref1", []string{"東京都", "大阪府", "自動車", "冷蔵庫", "田んぼ", "新聞"}, pii.None},
		{"ref1", []string{"سيارة جديدة", "بيت كبير", "كتاب", "مدرسة", "هاتف محمول", "قلم"}, pii.None},
		{"emergency_contact", []string{"Heike 01711234567", "Sandra Wolf 0170 9988776", "Mutter: 030 1234567", "Jan 01629876543"}, pii.FreeText},
		{"cep", []string{"05321234567", "05422345678", "05553456789", "05054567890"}, pii.Phone},
		{"cep", []string{"01310-100", "20040-020", "30130-010", "40020-000"}, pii.Postcode},
		{"anrede", []string{"Herr", "Frau", "Divers"}, Gender},
	} {
		tab := &table{Table: &catalog.Table{}, name: understand("kunden"), facts: map[string]bool{"about": true, "placed": true}}
		col := &column{Column: &catalog.Column{Name: c.name, Type: &catalog.Type{}}, table: tab, family: transform.FamilyText, name: understand(c.name),
			seen: look(c.values, detect.New(), detect.ContextOf(c.name))}
		col.classify()
		if col.class != c.want {
			t.Errorf("%s with %q is %s (%.2f, %s), want %s", c.name, c.values[0], col.class, col.score, col.reason, c.want)
		}
	}
}

// Words of other languages are read as English ones before a rule sees them, so no rule
// may ask for one that is.
func TestRulesAskForEnglishWords(t *testing.T) {
	asked := columnRules().asked
	for _, w := range asked {
		if english := englishOf()[w]; english != "" {
			t.Errorf("a rule asks for %q, which is read as %q", w, english)
		}
	}
	if len(asked) < 1000 {
		t.Errorf("only %d words were looked at", len(asked))
	}
}
