package fake

// polish surnames have endings that are the same for men and women.
func polish() *Locale {
	l := &Locale{
		name: "pl",
		male: names(`Adam Adrian Aleksander Andrzej Antoni Arkadiusz Artur Bartłomiej Bartosz Błażej Bogdan Cezary Czesław Damian Daniel Dariusz
			Dawid Dominik Edward Emil Eryk Filip Franciszek Gabriel Grzegorz Henryk Hubert Ignacy Igor Jacek Jakub Jan Janusz Jarosław Jerzy
			Józef Julian Kacper Kamil Karol Kazimierz Konrad Krystian Krzysztof Leon Leszek Łukasz Maciej Marcin Marek Mariusz Mateusz Michał
			Mikołaj Miłosz Norbert Oskar Patryk Paweł Piotr Przemysław Radosław Rafał Robert Roman Ryszard Sebastian Sławomir Stanisław Stefan
			Szymon Tadeusz Tomasz Tymon Wiktor Witold Wojciech Zbigniew Zygmunt`),
		female: names(`Agata Agnieszka Aleksandra Alicja Alina Aneta Anna Barbara Beata Bożena Celina Danuta Dominika Dorota Edyta Elżbieta Emilia
			Ewa Ewelina Gabriela Grażyna Halina Hanna Helena Iga Ilona Irena Iwona Izabela Jadwiga Janina Joanna Jolanta Julia Justyna Kamila
			Karolina Katarzyna Kinga Klara Klaudia Krystyna Laura Lena Lidia Liliana Lucyna Łucja Magdalena Maja Małgorzata Maria Marta Martyna
			Milena Monika Natalia Nina Oliwia Patrycja Paulina Pola Renata Róża Sabina Sandra Stanisława Stefania Sylwia Teresa Urszula Wanda
			Weronika Wiesława Wiktoria Zofia Zuzanna Żaneta`),
		stems: names(`Brzelm Bladzw Cedrzw Chwarb Debrzm Drzemb Farlisz Gąskw Grzmirl Jodlisz Kłonkw Krzwelm Lewarb Łubrzm Mszarl Nadrzw Ostrumb
			Pstrelm Rzeczl Skrelm Szmurzl Trzelb Ubrzarl Wądrzm Wszelb Zgrzelm Żmudrzl Źrelm`),
		endings:   names(`owicz aniuk elczak ydło ybuła oszek imczak ybor ańczyk uszko elak oniec`),
		cities:    affixes("*owo", "*owice", "*ów", "*in", "*sko", "Górne *owo", "*ice", "*ówka"),
		streets:   affixes("ul. *owa", "ul. *owska", "al. *owa", "ul. *ecka", "os. *owe", "pl. *owy"),
		postcodes: []string{"79-ddd"}, // no post office has it
	}
	return l.complete()
}

// japanese names are written surname first. The surnames are pairs of characters
// that no family joins.
func japanese() *Locale {
	l := &Locale{
		name: "ja", familyFirst: true, blocks: true,
		male: names(`蓮/ren 湊/minato 樹/itsuki 陽翔/haruto 大翔/hiroto 悠真/yuma 健太/kenta 翔太/shota 拓也/takuya 直樹/naoki 誠/makoto 隆/takashi
			学/manabu 浩/hiroshi 和也/kazuya 大輔/daisuke 亮/ryo 涼太/ryota 海斗/kaito 颯太/sota 一郎/ichiro 健一/kenichi 雄太/yuta 進/susumu
			勇/isamu 茂/shigeru 修/osamu 豊/yutaka 剛/tsuyoshi 達也/tatsuya 翼/tsubasa 悟/satoru 聡/satoshi 哲也/tetsuya 博/hiroshi 清/kiyoshi`),
		female: names(`葵/aoi 陽菜/hina 結衣/yui 凛/rin 咲良/sakura 美咲/misaki 愛/ai 舞/mai 優子/yuko 恵子/keiko 幸子/sachiko 和子/kazuko 洋子/yoko
			京子/kyoko 由美/yumi 真由美/mayumi 久美子/kumiko 直美/naomi 智子/tomoko 裕子/hiroko 香織/kaori 彩/aya 千尋/chihiro 綾香/ayaka 美穂/miho
			奈々/nana 七海/nanami 心春/koharu 杏/an 明美/akemi 里奈/rina 桃子/momoko 麻衣/mai 早紀/saki 優花/yuka 遥/haruka`),
		stems: names(`霙/mizore 雹/hyo 朧/oboro 梟/fukuro 椛/momiji 蛍/hotaru 雫/shizuku 翡/hisui 瑠/ruri 琥/kohaku 鯨/kujira 薊/azami 蓬/yomogi
			苔/koke 梢/kozue 虹/niji 凪/nagi 霞/kasumi 灯/tomoshi 緋/akane 紺/kon 蕨/warabi 鷺/sagi 狐/kitsune`),
		endings: names(`澪/mio 帆/ho 凧/tako 舟/fune 笛/bue 鐘/gane 絹/ginu 砂/suna 窓/mado 橇/sori 梯/hashi 櫂/kai 碇/ikari 鞠/mari`),
		// Japan Post begins at 001.
		postcodes: []string{"000-dddd"},
	}
	l.cities = affixes("*澪市", "*帆市", "*舟町", "*砂町", "*笛村", "*鐘市", "*窓町", "*碇市")
	for _, e := range l.endings {
		l.streets = append(l.streets, affix{"", e.text + "町"}, affix{"", e.text + "台"})
	}
	return l.complete()
}
