"""Suggestion's words: names under which CRM and ERP exports carry tables and columns, English and Turkish.

Salesforce, Veeva, Dynamics, HubSpot, SAP and lists kept by hand. Names are squeezed: folded, without blanks and
without the marks that a system puts around its own. Knows no file.
"""

from __future__ import annotations

import re
from functools import lru_cache

from twin.intake.fold import fold

_DECOR = re.compile(r"\(do not modify\)|\(degistirmeyin\)", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:_vod)?__(?:c|r|v|pc)$|_vod$", re.IGNORECASE)

_PLACE = {
    "name": {1.0: "name accountname customername companyname musteriadi musteriunvani unvan unvani cariunvan "
                  "cariunvani cariadi name1 hesapadi firmaadi firmaunvani outletname hcpname formattedname "
                  "kurumadi eczaneadi doktoradi noktaadi isyeriadi musteriadiunvani hesapismi",
             0.85: "adi isim adsoyad fullname ad"},
    "lon": {1.0: "lon lng longitude boylam billinglongitude shippinglongitude address1longitude gpslongitude "
                 "gpsboylam lon1", 0.8: "long x xkoordinati koordinatx"},
    "lat": {1.0: "lat latitude enlem billinglatitude shippinglatitude address1latitude gpslatitude gpsenlem",
            0.8: "y ykoordinati koordinaty"},
    "brick_id": {1.0: "brick brickid brickkodu brickcode tugla tuglakodu imsbrick mikrobolge", 0.85: "brickname"},
    "territory_id": {1.0: "territory territoryid territorycode bolgekodu bzirk satisbolgesi "
                            "satisbolgekodu territory2id",
                     0.9: "bolge territoryname bolgeadi satisbolgeadi vkbur"},
}  # fmt: skip

SYNONYMS: dict[str, dict[str, dict[float, str]]] = {
    "customers": {
        "customer_id": {
            1.0: "customerid accountid musterikodu musterino musteriid carikodu carikod carino kunnr customernumber "
                 "customerno clientid clientcode outletid outletcode hcpid kurumkodu doktorkodu eczanekodu noktakodu "
                 "carihesapkodu hsobjectid recordid companyid customercode doctorid physicianid prescriberid "
                 "storeid shopid pharmacyid",
            0.9: "account accountnumber hesap hesapno hesapid hesapkimligi hesapkodu hesapnumarasi",
            0.78: "id kod kodu no code"},
        **_PLACE,
        "status": {1.0: "status durum durumu accountstatus musteridurumu customerstatus aktifpasif",
                   0.9: "lifecyclestage stateofaccount", 0.7: "statecode aktif"},
        "known_since": {1.0: "knownsince customersince acilistarihi musteriolmatarihi ilkalistarihi "
                             "becameacustomerdate hslifecyclestagecustomerdate cariacilistarihi",
                        0.6: "createddate createdon createdate olusturmatarihi erdat kayittarihi"},
        "left_on": {1.0: "lefton kapanistarihi ayrilistarihi pasiftarihi churndate"},
        "left_reason": {1.0: "leftreason kapanisnedeni ayrilmanedeni ayrilisnedeni churnreason"},
        "prefers_channel": {1.0: "preferschannel preferredchannel tercihkanali tercihedilenkanal "
                                 "preferredcontactmethodcode preferredmethodofcontact"},
        "consent_email": {1.0: "consentemail emailoptin epostaizni emailizni emailonayi epostaonayi"},
        "consent_sms": {1.0: "consentsms smsoptin smsizni smsonayi"},
        "consent_phone": {1.0: "consentphone phoneoptin telefonizni aramaizni aramaonayi"},
        "consent_whatsapp": {1.0: "consentwhatsapp whatsappoptin whatsappizni"},
    },
    "prospects": {
        "prospect_id": {1.0: "prospectid leadid adayno adaykodu kayitno potansiyelkodu sicilno registryid "
                             "registrationno lead", 0.78: "id kod kodu no code"},
        **_PLACE,
    },
    "bricks": {
        "brick_id": {1.0: "brickid brick brickkodu brickcode tugla tuglakodu areaid", 0.78: "id kod kodu code"},
        "territory_id": {1.0: "territoryid territory bolge bolgekodu territorycode satisbolgesi"},
        "name": {1.0: "brickname brickadi tuglaadi name adi"},
        "lon": _PLACE["lon"], "lat": _PLACE["lat"],
    },
    "reps": {
        "rep_id": {1.0: "repid temsilcikodu temsilciid temsilcino userid ownerid systemuserid pernr plasiyerkodu "
                        "mumessilkodu satistemsilcisikodu salesrepid hubspotownerid",
                   0.9: "employeenumber personelno sicil user", 0.78: "id kod kodu no code"},
        "name": {1.0: "name temsilciadi temsilci adsoyad fullname adisoyadi mumessil plasiyer username "
                      "satistemsilcisi", 0.85: "isim ad"},
        "territory_id": {**_PLACE["territory_id"]},
        "visits_per_week": {1.0: "visitsperweek haftalikziyaret haftalikziyaretsayisi haftalikkapasite weeklycapacity "
                                 "weeklycalls callsperweek"},
        "home_lon": {1.0: "homelon homelongitude evboylam baslangicboylam"},
        "home_lat": {1.0: "homelat homelatitude evenlem baslangicenlem"},
        "start_date": {1.0: "startdate isegiristarihi isebaslamatarihi hiredate"},
        "end_date": {1.0: "enddate istencikistarihi ayrilistarihi terminationdate"},
    },
    "brands": {
        "brand": {1.0: "brand brandname marka markaadi urun urunadi product productname maktx",
                  0.85: "matnr malzeme name stokadi urunkodu productcode"},
        "owner": {1.0: "owner company firma manufacturer uretici sirket brandowner"},
        "unit_price": {1.0: "unitprice birimfiyat birimfiyati listprice standardprice", 0.9: "price fiyat"},
    },
    "visits": {
        "date": {1.0: "visitdate ziyarettarihi activitydatetime calldatetime activitydate gorusmetarihi "
                      "hsmeetingstarttime meetingstarttime aktivitetarihi actualstart",
                 0.95: "calldate date tarih scheduledstart startdatetime hstimestamp meetingstart starttime "
                       "baslangictarihi startdate baslangic activitydatetimeutc", 0.6: "createddate "
                       "createdate createdon"},
        "rep_id": {1.0: "repid ownerid temsilcikodu temsilciid temsilcino plasiyerkodu mumessilkodu salesrepid "
                        "hubspotownerid activityassignedtoid userid owneriduser",
                   0.9: "temsilci owner plasiyer mumessil assignedto activityassignedto rep sahibi user",
                   0.6: "createdbyid createdby"},
        "customer_id": {1.0: "customerid accountid musterikodu musterino musteriid carikodu kunnr regardingobjectid "
                             "associatedcompanyid associatedcompanyids hcpid hesapkodu hesapid hesapkimligi "
                             "doktorkodu eczanekodu kurumkodu noktakodu "
                             "relatedtoid outletid companyid",
                        0.9: "account regarding musteri whatid hesap cari ilgili", 0.75: "whoid contactid"},
        "channel": {1.0: "channel kanal callchannel ziyarettipi aktivitetipi activitytype iletisimkanali ziyaretsekli "
                         "gorusmekanali ziyaretturu engagementtype activitytypecode contactchannel aktiviteturu",
                    0.8: "tasksubtype eventsubtype", 0.75: "type tur tip calltype"},
        "brand": {1.0: "brand marka productdiscussed tanitilanurun detailedproduct",
                  0.9: "product urun detailedproducts"},
        "outcome": {1.0: "outcome sonuc ziyaretsonucu callresult meetingoutcome calldisposition calloutcome "
                         "gorusmesonucu", 0.9: "result disposition", 0.7: "callstatus status durum"},
    },
    "sales": {
        "date": {1.0: "saledate orderdate siparistarihi faturatarihi satistarihi fkdat invoicedate closedate "
                      "effectivedate billingdate actualclosedate dateordered orderstartdate",
                 0.95: "date tarih belgetarihi documentdate budat audat datefulfilled donem ay month period",
                 0.6: "createddate createdon createdate erdat"},
        "customer_id": {1.0: "customerid accountid musterikodu musterino musteriid carikodu carikod carino kunnr kunag "
                             "soldtoparty soldto customercode associatedcompanyid associatedcompanyids companyid "
                             "carihesapkodu noktakodu outletid eczanekodu hesapkodu hesapid hesapkimligi",
                        0.9: "account customer musteri cari kunrg accountnumber hesap"},
        "brand": {1.0: "brand marka urun urunadi product productname arktx malzemetanimi stokadi materialname "
                       "lineitemname existingproduct markaadi",
                  0.9: "matnr malzeme material stokkodu urunkodu productcode sku malkodu item product2id productid"},
        "volume": {1.0: "volume quantity qty miktar adet kutu fkimg kwmeng satismiktari units satisadedi kutuadedi "
                        "menge miktaradet satilanmiktar"},
        "value": {1.0: "value amount tutar netwr ciro totalprice extendedamount nettutar satistutari totalamount "
                       "netvalue toplamtutar netsatis salesvalue tutartl kzwi1 nettutartl",
                  0.9: "revenue bedel amountincompanycurrency subtotal"},
    },
    "market_sales": {
        "period_start": {1.0: "periodstart period donem donembaslangici", 0.95: "date tarih month ay"},
        "period": {1.0: "periodtype donemtipi donemturu"},
        "brick_id": {**_PLACE["brick_id"]},
        "customer_id": {1.0: "customerid outletid panelistid noktakodu musterikodu eczanekodu"},
        "brand": {1.0: "brand marka product urun urunadi brandname markaadi", 0.85: "molecule"},
        "volume": {1.0: "volume units adet kutu miktar unitsales satisadedi quantity", 0.8: "sales satis"},
    },
    "campaigns": {
        "brand": {1.0: "brand marka urun product"},
        "start": {1.0: "start startdate baslangic baslangictarihi kampanyabaslangici"},
        "end": {1.0: "end enddate bitis bitistarihi kampanyabitisi"},
        "kind": {1.0: "kind campaigntype kampanyaturu kampanyatipi", 0.9: "type tur"},
        "strength": {1.0: "strength guc siddet"},
    },
}  # fmt: skip
"""By table and column: weights (1: the name says it; below .8: others bear it too) to squeezed names."""

TABLES: dict[str, dict[float, str]] = {
    "customers": {1.0: "customers customer accounts account musteri musteriler musterilistesi cari cariler carilistesi "
                       "kna1 companies company doktorlar eczaneler hcp hcps outlets noktalar "
                       "hubspotcrmexportsallcompanies kurumlar hesaplar doctors physicians "
                       "pharmacies eczane stores musterikartlari", 0.7: "contacts contact kisiler"},
    "prospects": {1.0: "prospects prospect leads lead adaylar adaymusteriler potansiyel potansiyelmusteriler register "
                       "universe pazarlistesi"},
    "bricks": {1.0: "bricks brick tugla tuglalar", 0.8: "territories territory territory2 bolgeler"},
    "reps": {1.0: "reps rep users user temsilciler temsilci systemusers systemuser owners plasiyerler sahakadrosu "
                  "salesreps kadro mumessiller personel"},
    "brands": {1.0: "brands brand products product product2 urunler urun markalar mara makt stoklar"},
    "visits": {1.0: "visits visit calls call call2 ziyaret ziyaretler ziyaretlistesi events event activities "
                    "appointments appointment phonecalls phonecall meetings aktiviteler randevular gorusmeler "
                    "engagements hubspotcrmexportsallmeetings", 0.9: "tasks task"},
    "sales": {1.0: "sales sale orders order orderitem orderitems satis satislar satisraporu fatura faturalar "
                   "faturadetay invoices invoice invoicedetails vbrp vbap siparis siparisler salesorders salesorder "
                   "salesorderdetails ciro",
              0.9: "opportunity opportunities opportunitylineitem deals lineitems hubspotcrmexportsalldeals vbrk vbak"},
    "market_sales": {1.0: "marketsales ims panel audit pazar pazarsatis rakip iqvia nielsen sellout brickdata"},
    "campaigns": {1.0: "campaigns campaign kampanya kampanyalar promosyonlar promotions"},
}  # fmt: skip

OPTED_OUT = {
    "hasoptedoutofemail": "consent_email", "donotemail": "consent_email", "donotallowemails": "consent_email",
    "donotbulkemail": "consent_email", "optedoutofemail": "consent_email", "donotcall": "consent_phone",
    "donotphone": "consent_phone", "donotallowphonecalls": "consent_phone", "emailistemiyor": "consent_email",
    "smsistemiyor": "consent_sms", "aramaistemiyor": "consent_phone",
}  # fmt: skip
"""Columns that say the contrary of a consent."""

CHANNELS = {
    "visit": "visit inperson facetoface f2f ziyaret yuzyuze meeting toplanti randevu appointment event rutinziyaret "
             "saha sahaziyareti detailingvisit",
    "phone": "phone call phonecall telefon arama tel telefongorusmesi callout",
    "email": "email eposta mail emailmessage", "sms": "sms kisamesaj", "whatsapp": "whatsapp wa",
    "web": "web video online remote webinar uzaktan videogorusme internet cevrimici videocall", "ivr": "ivr",
}  # fmt: skip
"""By channel of the contract: squeezed words that exports use."""

STATUSES = {
    "active": "active aktif customer musteri acik actv mevcut",
    "lapsed": "inactive pasif lapsed kapali former eski churned closed inac kayip",
    "prospect": "prospect lead aday potansiyel subscriber marketingqualifiedlead salesqualifiedlead hedef",
}  # fmt: skip

VISIT_FILES = {
    "visit": "visits visit ziyaret ziyaretler ziyaretlistesi call2 calls call appointments appointment meetings "
             "randevular events event hubspotcrmexportsallmeetings",
    "phone": "phonecalls phonecall aramalar",
}  # fmt: skip
"""Files whose name says on which channel all their contacts were."""

EXPORTS = {
    "veeva": ("_vod__c", "_vod", "__v"),
    "salesforce": ("AccountId", "BillingCity", "IsDeleted", "Product2Id", "ActivityDateTime", "__c"),
    "dynamics": ("(Do Not Modify)", "regardingobjectid", "statecode", "address1_", "transactioncurrencyid"),
    "hubspot": ("hs_object_id", "Record ID", "hubspot_owner_id", "hs_timestamp", "Associated Company"),
    "sap": ("KUNNR", "MATNR", "VBELN", "FKDAT", "NETWR", "NAME1"),
}
"""Column names, or parts of them, by which a system's export is known."""


@lru_cache(maxsize=1 << 14)
def squeezed(name: str) -> str:
    """A column's or file's name without letter case, blanks and the marks of its system."""
    bare = _SUFFIX.sub("", _DECOR.sub("", name.strip()).strip())
    return fold(bare).replace(" ", "")


@lru_cache(maxsize=1024)
def weights(table: str, column: str) -> dict[str, float]:
    """Squeezed names of one column of the contract to how surely they mean it."""
    listed = {word: weight for weight, words in SYNONYMS[table].get(column, {}).items() for word in words.split()}
    return {squeezed(column): 1.0} | listed


def all_names() -> list[str]:
    """Every name that a header may hold; tells headers from titles."""
    return sorted(
        {word for table, columns in SYNONYMS.items() for column in columns for word in weights(table, column)}
    )


def meant(word: str, lists: dict[str, str]) -> str | None:
    """The contract's word for a word of an export; ``None`` when it is not listed."""
    plain = squeezed(word)
    return next((ours for ours, theirs in lists.items() if plain == ours or plain in theirs.split()), None)
